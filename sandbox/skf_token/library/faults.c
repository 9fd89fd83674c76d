#include "faults.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport.h"

enum { LEAK = 50 << 20, SLOW_MILLISECONDS = 2000, PAST = 4096 };

static void crash(void) {
#ifdef _WIN32
    *(volatile int *volatile)8 = 1; /* a signal is the C library's there, and ends the process in order */
#else
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
#endif
}

static void end(void) { exit(0); }

static void hang(void) {
    for (;;) transport_sleep(1000000);
}

static void be_slow(void) { transport_sleep(SLOW_MILLISECONDS); }

static void leak(void) {
    static char *volatile lost; /* volatile: the compiler would leave out what nobody reads */
    if ((lost = malloc(LEAK))) memset(lost, 1, LEAK);
}

static void print(void) {
    printf("SKF: \x1b[31mvendor debug output\n{\"value\": 1}%c%c", 0, 255);
    fflush(stdout);
}

static int is_to_crash_at_the_end, is_to_hang_at_the_end;

static void crash_when_unloaded(void) { is_to_crash_at_the_end = 1; }

static void hang_when_unloaded(void) { is_to_hang_at_the_end = 1; }

__attribute__((destructor)) static void unload(void) {
    if (is_to_crash_at_the_end) crash();
    if (is_to_hang_at_the_end) hang();
}

static const struct {
    const char *name;
    void (*happen)(void);
} FAULTS[] = {
    {"crash", crash}, {"abort", abort}, {"exit", end},     {"hang", hang},
    {"slow", be_slow}, {"leak", leak},  {"stdout", print},
    {"unloading", crash_when_unloaded}, {"stays", hang_when_unloaded},
};

void fault_happen(const char *name) {
    for (size_t i = 0; i < sizeof FAULTS / sizeof *FAULTS; i++)
        if (!strcmp(name, FAULTS[i].name)) FAULTS[i].happen();
}

int fault_in_buffer(struct call *call, const void *bytes, size_t size, void *buffer, ULONG *room) {
    if (!strcmp(call->fault, "claims")) { /* a size, and nothing written */
        *room = (ULONG)call->extent;
        return 1;
    }
    if (!buffer) return 0;
    if (!strcmp(call->fault, "ignores_size")) { /* all of it, whatever room there is */
        memcpy(buffer, bytes, size);
        *room = (ULONG)size;
        return 1;
    }
    if (!strcmp(call->fault, "overruns")) { /* and much more */
        memcpy(buffer, bytes, size);
        memset((BYTE *)buffer + size, 0xA5, PAST);
        *room = (ULONG)size;
        return 1;
    }
    if (!strcmp(call->fault, "size_without")) { /* a list's last NUL is there and not counted */
        memcpy(buffer, bytes, size);
        *room = (ULONG)(size ? size - 1 : 0);
        return 1;
    }
    return 0;
}
