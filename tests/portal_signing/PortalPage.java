import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Date;
import java.util.Map;

import org.bouncycastle.jce.provider.BouncyCastleProvider;

/** Calls the class in docs/portals.md: each line on stdin is a job, all of it in base64, each line on stdout its answer. */
public final class PortalPage {
    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        BufferedReader jobs = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line; (line = jobs.readLine()) != null; ) {
            String answer;
            try {
                answer = Base64.getEncoder().encodeToString(done(line.split(" ", -1)).getEncoded());
            } catch (Exception error) {
                answer = "error " + error.toString().replace('\n', ' ');
            }
            System.out.println(answer);
        }
    }

    private static X509Certificate done(String[] job) throws Exception {
        X509Certificate issuer = (X509Certificate) CertificateFactory.getInstance("X.509", "BC")
            .generateCertificate(new ByteArrayInputStream(bytes(job[2])));
        Portal portal = new Portal(text(job[1]), issuer);
        Date now = new Date(Long.parseLong(text(job[3])));
        if (job[0].equals("signed")) {
            return portal.signed(bytes(job[4]), bytes(job[5]), now);
        }
        return portal.loggedIn(
            Map.of("unverifiedCertificate", text(job[5]), "algorithm", text(job[6]),
                "signature", text(job[7]), "format", text(job[8])),
            text(job[4]), now);
    }

    private static byte[] bytes(String text) {
        return Base64.getDecoder().decode(text);
    }

    private static String text(String coded) {
        return new String(bytes(coded), StandardCharsets.UTF_8);
    }
}
