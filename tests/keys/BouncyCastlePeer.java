import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;

import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.cmp.PKIBody;
import org.bouncycastle.asn1.cmp.PKIConfirmContent;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1Set;
import org.bouncycastle.asn1.BEROctetString;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.cms.EncryptedContentInfo;
import org.bouncycastle.asn1.cms.EnvelopedData;
import org.bouncycastle.asn1.cms.IssuerAndSerialNumber;
import org.bouncycastle.asn1.cms.KeyTransRecipientInfo;
import org.bouncycastle.asn1.cms.OriginatorInfo;
import org.bouncycastle.asn1.cms.RecipientIdentifier;
import org.bouncycastle.asn1.cms.RecipientInfo;
import org.bouncycastle.asn1.ess.ESSCertIDv2;
import org.bouncycastle.asn1.ess.SigningCertificateV2;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.gm.GMNamedCurves;
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
import org.bouncycastle.crypto.engines.SM2Engine;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.jcajce.provider.asymmetric.util.ECUtil;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.jcajce.JcePBMac1CalculatorBuilder;
import org.bouncycastle.pkcs.jcajce.JcePBMac1CalculatorProviderBuilder;
import org.bouncycastle.util.Arrays;

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
            case "open":
                return text(opened(bytes(job[1]), bytes(job[2])));
            case "envelope":
                return text(enveloped(bytes(job[1]), job[2], job[3], job[4], bytes(job[5])));
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

    /** Open EnvelopedData for an SM2 key (PKCS#8) with SM4-CBC, as GM/T 0010 has it. */
    private static byte[] opened(byte[] key, byte[] message) throws Exception {
        EnvelopedData data = EnvelopedData.getInstance(ContentInfo.getInstance(message).getContent());
        KeyTransRecipientInfo recipient = (KeyTransRecipientInfo) RecipientInfo
            .getInstance(data.getRecipientInfos().getObjectAt(0)).getInfo();
        ASN1Sequence sealed = ASN1Sequence.getInstance(recipient.getEncryptedKey().getOctets());
        byte[] point = GMNamedCurves.getByName("sm2p256v1").getCurve().createPoint(
            ASN1Integer.getInstance(sealed.getObjectAt(0)).getPositiveValue(),
            ASN1Integer.getInstance(sealed.getObjectAt(1)).getPositiveValue()).getEncoded(false);
        byte[] cipher = Arrays.concatenate(point,
            ASN1OctetString.getInstance(sealed.getObjectAt(2)).getOctets(),
            ASN1OctetString.getInstance(sealed.getObjectAt(3)).getOctets());
        SM2Engine engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
        engine.init(false, ECUtil.generatePrivateKeyParameter(
            KeyFactory.getInstance("EC", "BC").generatePrivate(new PKCS8EncodedKeySpec(key))));
        EncryptedContentInfo content = data.getEncryptedContentInfo();
        byte[] initial = ASN1OctetString.getInstance(
            content.getContentEncryptionAlgorithm().getParameters()).getOctets();
        Cipher decryptor = Cipher.getInstance("SM4/CBC/PKCS7Padding", "BC");
        decryptor.init(Cipher.DECRYPT_MODE,
            new SecretKeySpec(engine.processBlock(cipher, 0, cipher.length), "SM4"), new IvParameterSpec(initial));
        return decryptor.doFinal(content.getEncryptedContent().getOctets());
    }

    /** Make such a message, of types of content that are named, in BER or DER. */
    private static byte[] enveloped(
        byte[] certificate, String outerType, String innerType, String form, byte[] content
    ) throws Exception {
        SecureRandom random = new SecureRandom();
        byte[] key = new byte[16], initial = new byte[16];
        random.nextBytes(key);
        random.nextBytes(initial);
        X509Certificate holder = (X509Certificate) CertificateFactory.getInstance("X.509", "BC")
            .generateCertificate(new ByteArrayInputStream(certificate));
        SM2Engine engine = new SM2Engine(SM2Engine.Mode.C1C3C2);
        engine.init(true, new ParametersWithRandom(ECUtil.generatePublicKeyParameter(holder.getPublicKey()), random));
        byte[] cipher = engine.processBlock(key, 0, key.length);
        DERSequence sealed = new DERSequence(new ASN1Encodable[] {
            new ASN1Integer(new BigInteger(1, Arrays.copyOfRange(cipher, 1, 33))),
            new ASN1Integer(new BigInteger(1, Arrays.copyOfRange(cipher, 33, 65))),
            new DEROctetString(Arrays.copyOfRange(cipher, 65, 97)),
            new DEROctetString(Arrays.copyOfRange(cipher, 97, cipher.length))});
        X509CertificateHolder named = new X509CertificateHolder(certificate);
        RecipientInfo recipient = new RecipientInfo(new KeyTransRecipientInfo(
            new RecipientIdentifier(new IssuerAndSerialNumber(named.getIssuer(), named.getSerialNumber())),
            new AlgorithmIdentifier(new ASN1ObjectIdentifier("1.2.156.10197.1.301.3")),
            new DEROctetString(sealed.getEncoded())));
        Cipher encryptor = Cipher.getInstance("SM4/CBC/PKCS7Padding", "BC");
        encryptor.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "SM4"), new IvParameterSpec(initial));
        byte[] encrypted = encryptor.doFinal(content);
        EncryptedContentInfo inner = new EncryptedContentInfo(
            new ASN1ObjectIdentifier(innerType),
            new AlgorithmIdentifier(new ASN1ObjectIdentifier("1.2.156.10197.1.104.2"), new DEROctetString(initial)),
            form.equals("BER") ? new BEROctetString(encrypted) : new DEROctetString(encrypted));
        EnvelopedData data = new EnvelopedData(
            (OriginatorInfo) null, new DERSet(recipient), inner, (ASN1Set) null);
        return new ContentInfo(new ASN1ObjectIdentifier(outerType), data).getEncoded(
            form.equals("BER") ? ASN1Encoding.BER : ASN1Encoding.DER);
    }

    private static byte[] bytes(String text) {
        return Base64.getDecoder().decode(text);
    }

    private static String text(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
