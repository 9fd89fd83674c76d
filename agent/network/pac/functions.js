// The functions a PAC program may call. What asks the network goes through `ask`, which the worker gives.
(function (ask) {
    const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
    const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    const OCTETS = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

    const resolve = (host) => ask.resolve(String(host)) || null;

    const number = (address) => {
        const found = OCTETS.exec(address);
        if (!found || found.slice(1).some((octet) => octet > 255)) return null;
        return found.slice(1).reduce((sum, octet) => sum * 256 + Number(octet), 0);
    };

    const between = (low, now, high) =>
        low <= high ? low <= now && now <= high : now >= low || now <= high;

    // Takes a last "GMT" off the arguments; returns them with a reader of today in that zone.
    const clocked = (args) => {
        const given = Array.from(args);
        const zone = given[given.length - 1] === "GMT" ? "getUTC" : "get";
        if (zone === "getUTC") given.pop();
        const now = new Date();
        return [given, (field) => now[zone + field]()];
    };

    const datePart = (value) => {
        const month = MONTHS.indexOf(String(value).toUpperCase());
        if (month >= 0) return { month };
        return value > 31 ? { year: Number(value) } : { day: Number(value) };
    };

    const isInRange = (given, today) => {
        const parts = given.map(datePart);
        const half = parts.length === 1 ? 1 : parts.length / 2;
        const low = Object.assign({}, ...parts.slice(0, half));
        const high = parts.length === 1 ? low : Object.assign({}, ...parts.slice(half));
        const fields = ["year", "month", "day"].filter((field) => field in low);
        const key = (date) => fields.reduce((sum, field) => sum * 10000 + date[field], 0);
        return between(key(low), key(today), key(high));
    };

    const seconds = (parts) => (parts[0] || 0) * 3600 + (parts[1] || 0) * 60 + (parts[2] || 0);

    Object.assign(this, {
        isPlainHostName: (host) => !host.includes("."),
        dnsDomainIs: (host, domain) => host.toLowerCase().endsWith(domain.toLowerCase()),
        localHostOrDomainIs: (host, whole) => host === whole || whole.startsWith(host + "."),
        isResolvable: (host) => resolve(host) !== null,
        dnsResolve: resolve,
        myIpAddress: () => ask.ownAddress(),
        dnsDomainLevels: (host) => host.split(".").length - 1,
        convert_addr: number,

        isInNet: (host, pattern, mask) => {
            const address = number(OCTETS.test(host) ? host : resolve(host) || "");
            const [wanted, bits] = [number(pattern), number(mask)];
            if (address === null || wanted === null || bits === null) return false;
            return (address & bits) === (wanted & bits);
        },

        shExpMatch: (text, pattern) => {
            const plain = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
            return new RegExp("^" + plain.replace(/\*/g, ".*").replace(/\?/g, ".") + "$").test(text);
        },

        weekdayRange: (...args) => {
            const [given, today] = clocked(args);
            const [first, last] = [given[0], given[given.length - 1]].map((day) => DAYS.indexOf(day));
            return first >= 0 && last >= 0 && between(first, today("Day"), last);
        },

        dateRange: (...args) => {
            const [given, today] = clocked(args);
            const date = { year: today("FullYear"), month: today("Month"), day: today("Date") };
            return isInRange(given, date);
        },

        timeRange: (...args) => {
            const [given, today] = clocked(args);
            const now = seconds([today("Hours"), today("Minutes"), today("Seconds")]);
            if (given.length === 1) return today("Hours") === Number(given[0]);
            const parts = given.map(Number);
            const half = parts.length / 2;
            return between(seconds(parts.slice(0, half)), now, seconds(parts.slice(half)));
        },

        alert: () => undefined,
    });
})
