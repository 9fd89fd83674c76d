import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;

import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.cmp.PKIBody;
import org.bouncycastle.asn1.cmp.PKIConfirmContent;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.ess.ESSCertIDv2;
import org.bouncycastle.asn1.ess.SigningCertificateV2;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.cmp.GeneralPKIMessage;
import org.bouncycastle.cert.cmp.ProtectedPKIMessage;
import org.bouncycastle.cert.cmp.ProtectedPKIMessageBuilder;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.CMSSignerDigestMismatchException;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.jcajce.JcePBMac1CalculatorBuilder;
import org.bouncycastle.pkcs.jcajce.JcePBMac1CalculatorProviderBuilder;

/** SM2 and PBMAC1 by BouncyCastle, for tests: each line on stdin is a job, each line on stdout its answer. */
public final class BouncyCastlePeer {
    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        BufferedReader jobs = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line; (line = jobs.readLine()) != null; ) {
            String answer;
            try {
                answer = done(line.split(" "));
            } catch (Exception error) {
                answer = "error " + error.toString().replace('\n', ' ');
            }
            System.out.println(answer);
        }
    }

    private static String done(String[] job) throws Exception {
        switch (job[0]) {
            case "verify":
                return verified(bytes(job[1]));
            case "sign":
                return text(signed(bytes(job[1]), bytes(job[2]), job[3], job[4], job[5], bytes(job[6])));
            case "cades":
                return cades(bytes(job[1]), bytes(job[2]));
            case "request":
                PKCS10CertificationRequest request = new PKCS10CertificationRequest(bytes(job[1]));
                return "" + request.isSignatureValid(
                    new JcaContentVerifierProviderBuilder().setProvider("BC").build(request.getSubjectPublicKeyInfo()));
            case "certificate":
                X509CertificateHolder issued = new X509CertificateHolder(bytes(job[1]));
                return "" + issued.isSignatureValid(
                    new JcaContentVerifierProviderBuilder().setProvider("BC").build(new X509CertificateHolder(bytes(job[2]))));
            case "cmp-protect":
                return text(protectedBy(bytes(job[1]), job[2], job[3]));
            case "cmp-verify":
                return "" + new ProtectedPKIMessage(new GeneralPKIMessage(bytes(job[1])))
                    .verify(new JcePBMac1CalculatorProviderBuilder().setProvider("BC").build(), secret(bytes(job[2])));
            default:
                throw new IllegalArgumentException(job[0]);
        }
    }

    /** Answer a pkiconf (RFC 4210, 5.3.17) protected by PBMAC1. */
    private static byte[] protectedBy(byte[] secret, String mac, String prf) throws Exception {
        GeneralName nobody = new GeneralName(X500Name.getInstance(new DERSequence()));
        return new ProtectedPKIMessageBuilder(nobody, nobody)
            .setTransactionID(new byte[16])
            .setBody(new PKIBody(PKIBody.TYPE_CONFIRM, new PKIConfirmContent()))
            .build(new JcePBMac1CalculatorBuilder(mac, 256)
                .setPrf(new AlgorithmIdentifier(new ASN1ObjectIdentifier(prf), DERNull.INSTANCE))
                .setIterationCount(3000).setSaltLength(20).setProvider("BC").build(secret(secret)))
            .toASN1Structure().getEncoded(ASN1Encoding.DER);
    }

    private static char[] secret(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8).toCharArray();
    }

    /** Answer content type and content, or "bad". */
    private static String verified(byte[] message) throws Exception {
        CMSSignedData signed = new CMSSignedData(message);
        SignerInformation signer = signed.getSignerInfos().getSigners().iterator().next();
        X509CertificateHolder certificate =
            (X509CertificateHolder) signed.getCertificates().getMatches(signer.getSID()).iterator().next();
        if (!signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(certificate))) {
            return "bad";
        }
        byte[] content = (byte[]) signed.getSignedContent().getContent();
        return signed.getSignedContentTypeOID() + " " + text(content);
    }

    /** Answer whether the signature is right, over content beside it if it has none, and names its certificate. */
    private static String cades(byte[] message, byte[] beside) throws Exception {
        CMSSignedData signed = new CMSSignedData(message);
        if (signed.isDetachedSignature()) {
            signed = new CMSSignedData(new CMSProcessableByteArray(beside), message);
        }
        SignerInformation signer = signed.getSignerInfos().getSigners().iterator().next();
        X509CertificateHolder certificate =
            (X509CertificateHolder) signed.getCertificates().getMatches(signer.getSID()).iterator().next();
        try {
            if (!signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(certificate))) {
                return "bad";
            }
        } catch (CMSSignerDigestMismatchException error) {
            return "bad";
        }
        ESSCertIDv2 named = SigningCertificateV2.getInstance(signer.getSignedAttributes()
            .get(PKCSObjectIdentifiers.id_aa_signingCertificateV2).getAttributeValues()[0]).getCerts()[0];
        byte[] digest = MessageDigest.getInstance(named.getHashAlgorithm().getAlgorithm().getId(), "BC")
            .digest(certificate.getEncoded());
        return MessageDigest.isEqual(digest, named.getCertHash()) ? "good" : "another certificate is named";
    }

    /** Sign with key (PKCS#8) and certificate; "bare" leaves the attributes out, "BER" is BouncyCastle's own form. */
    private static byte[] signed(
        byte[] key, byte[] certificate, String outerType, String innerType, String form, byte[] content
    ) throws Exception {
        PrivateKey signingKey = KeyFactory.getInstance("EC", "BC").generatePrivate(new PKCS8EncodedKeySpec(key));
        X509Certificate signer = (X509Certificate) CertificateFactory.getInstance("X.509", "BC")
            .generateCertificate(new ByteArrayInputStream(certificate));
        CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
        JcaSignerInfoGeneratorBuilder builder = new JcaSignerInfoGeneratorBuilder(
            new JcaDigestCalculatorProviderBuilder().setProvider("BC").build());
        builder.setDirectSignature(form.contains("bare"));
        generator.addSignerInfoGenerator(builder.build(
            new JcaContentSignerBuilder("SM3withSM2").setProvider("BC").build(signingKey), signer));
        generator.addCertificates(new JcaCertStore(List.of(signer)));
        CMSSignedData made = generator.generate(
            new CMSProcessableByteArray(new ASN1ObjectIdentifier(innerType), content), true);
        ContentInfo whole = new ContentInfo(
            new ASN1ObjectIdentifier(outerType), made.toASN1Structure().getContent());
        return whole.getEncoded(form.contains("BER") ? ASN1Encoding.BER : ASN1Encoding.DER);
    }

    private static byte[] bytes(String text) {
        return Base64.getDecoder().decode(text);
    }

    private static String text(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
