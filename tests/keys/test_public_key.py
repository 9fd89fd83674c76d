"""One kind of key for RSA, EC and SM2: what it is, what it verifies, what it seals."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt

import pytest
from certificate_maker import ec_key, make_x509, openssl, rsa_key
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from agent.keys.certified import is_issued_by, is_signed_by, key_of
from agent.keys.der import elements, read_element
from agent.keys.der_writing import NULL, bit_string, encoded, object_identifier, sequence
from agent.keys.public_key import (
    MAX_KEY_BYTES,
    MAX_SIGNED_BYTES,
    NotSealableError,
    PublicKey,
    UnreadableKeyError,
)
from agent.keys.schemes import SM2_WITH_SM3, USUAL, Family, Scheme, UnknownSchemeError
from sandbox.authority.rules.certificate_draft import Issuer, Validity
from sandbox.authority.rules.profiles import root_draft, root_name
from sandbox.private_keys import Sm2PrivateKey

SM2_CURVE = object_identifier("1.2.156.10197.1.301")
EC_PUBLIC_KEY = object_identifier("1.2.840.10045.2.1")


def spki(key) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class TestKinds:
    @pytest.mark.parametrize("bits", [2048, 3072])
    def test_rsa_is_told_with_its_size(self, bits):
        assert PublicKey.read(spki(rsa_key("sized", bits))).kind == f"rsa:{bits}"

    @pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
    def test_a_curve_is_told_by_its_name(self, curve):
        key = PublicKey.read(spki(ec.generate_private_key(curve)))
        assert (key.kind, key.family) == (f"ec:{curve.name}", Family.EC)

    def test_sm2_is_told_as_such_however_its_algorithm_is_written(self, sm2_key):
        bits = bit_string(sm2_key.point)
        usual = PublicKey.read(sequence(sequence(EC_PUBLIC_KEY, SM2_CURVE), bits))
        other = PublicKey.read(sequence(sequence(SM2_CURVE), bits))
        with_null = PublicKey.read(sequence(sequence(SM2_CURVE, NULL), bits))
        assert usual == other == with_null == sm2_key.public
        assert usual.kind == "sm2"
        assert usual.der == other.der == with_null.der

    def test_one_key_is_one_key_and_no_other(self, sm2_key):
        keys = [PublicKey.read(spki(key)) for key in (rsa_key("one"), ec_key("one"))]
        again = [PublicKey.read(key.der) for key in keys]
        assert keys == again
        assert len({*keys, *again, sm2_key.public}) == 3

    def test_it_is_named_as_certificates_name_it(self, sm2_key, tmp_path):
        (tmp_path / "key.der").write_bytes(sm2_key.pkcs8)
        command = (
            "req -x509 -key key.der -keyform DER -sm3 -subj /CN=x -addext subjectKeyIdentifier=hash"
        )
        certificate = openssl(*command.split(), folder=tmp_path)
        shown = openssl("x509", "-noout", "-ext", "subjectKeyIdentifier", stdin=certificate)
        assert shown.decode().split()[-1].replace(":", "").lower() == (
            sm2_key.public.identifier.hex()
        )

    def test_what_cryptography_holds_it_gets_back(self, sm2_key):
        key = ec_key().public_key()
        assert PublicKey.from_cryptography(key).for_cryptography() is key
        with pytest.raises(UnreadableKeyError):
            sm2_key.public.for_cryptography()


class TestUnreadable:
    def test_kinds_nobody_here_uses(self):
        with pytest.raises(UnreadableKeyError):
            PublicKey.read(spki(ed25519.Ed25519PrivateKey.generate()))

    def test_more_or_less_than_a_key(self, sm2_key):
        for whole in (spki(rsa_key()), spki(ec_key()), sm2_key.public.der):
            ber = b"\x30\x80" + whole[2:] + b"\0\0"
            for damaged in (whole + b"\0", whole[:-1], whole[1:], b"", ber, b"\x30\x00"):
                with pytest.raises(UnreadableKeyError):
                    PublicKey.read(damaged)

    def test_a_key_longer_than_any(self):
        with pytest.raises(UnreadableKeyError):
            PublicKey.read(sequence(encoded(4, bytes(MAX_KEY_BYTES))))

    @given(st.binary(max_size=120))
    def test_noise(self, noise):
        with pytest.raises(UnreadableKeyError):
            PublicKey.read(noise)

    @pytest.mark.parametrize("form", [6, 7])
    def test_a_point_in_the_hybrid_form(self, form):
        """RFC 5480, 2.2: it must not be used; OpenSSL takes it where it says the right half."""
        whole = bytearray(spki(ec_key()))
        whole[whole.index(b"\x03\x42\x00") + 3] = form
        with pytest.raises(UnreadableKeyError):
            PublicKey.read(bytes(whole))

    @given(st.data())
    def test_a_damaged_one_is_another_key_or_none(self, data):
        whole = bytearray(spki(ec_key()))
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
        with contextlib.suppress(UnreadableKeyError):
            assert PublicKey.read(bytes(whole)) != PublicKey.read(spki(ec_key()))


class TestVectors:
    def test_rsa(self):
        """RFC 7515, A.2: RSASSA-PKCS1-v1_5 with SHA-256."""
        modulus = from_base64url(
            "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4Ql"
            "L-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUs"
            "LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoud"
            "F8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
        )
        numbers = rsa.RSAPublicNumbers(65537, int.from_bytes(modulus, "big"))
        key = PublicKey.from_cryptography(numbers.public_key())
        data = (
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9p"
            "c19yb290Ijp0cnVlfQ"
        )
        signature = from_base64url(
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujG"
            "bds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"
            "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6"
            "LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
        )
        assert key.verify(data.encode(), signature)
        assert not key.verify(data.encode() + b".", signature)

    @pytest.mark.parametrize(
        ("curve", "x", "y", "r", "s"),
        [
            pytest.param(
                ec.SECP256R1(),
                0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6,
                0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299,
                0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716,
                0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8,
                id="P-256",
            ),
            pytest.param(
                ec.SECP384R1(),
                0xEC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64DEF8F0EA9055866064A254515480BC13,
                0x8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1288B231C3AE0D4FE7344FD2533264720,
                0x21B13D1E013C7FA1392D03C5F99AF8B30C570C6F98D4EA8E354B63A21D3DAA33BDE1E888E63355D92FA2B3C36D8FB2CD,
                0xF3AA443FB107745BF4BD77CB3891674632068A10CA67E3D45DB2266FA7D1FEEBEFDC63ECCD1AC42EC0CB8668A4FA0AB0,
                id="P-384",
            ),
        ],
    )
    def test_ec(self, curve, x, y, r, s):
        """RFC 6979, A.2.5 and A.2.6: ECDSA with SHA-256 of "sample"."""
        key = PublicKey.from_cryptography(ec.EllipticCurvePublicNumbers(x, y, curve).public_key())
        assert key.verify(b"sample", encode_dss_signature(r, s))
        assert not key.verify(b"test", encode_dss_signature(r, s))


class TestSignatures:
    def test_another_scheme_is_another_signature(self):
        key, pss = rsa_key(), padding.PSS(padding.MGF1(hashes.SHA384()), 48)
        public = PublicKey.from_cryptography(key.public_key())
        signature = key.sign(b"data", pss, hashes.SHA384())
        assert public.verify(b"data", signature, Scheme(Family.RSA, hashes.SHA384(), pss))
        assert not public.verify(b"data", signature)

    def test_a_scheme_of_another_family_verifies_nothing(self, sm2_key):
        signature = sm2_key.sign(b"data")
        assert sm2_key.public.verify(b"data", signature)
        assert not sm2_key.public.verify(b"data", signature, USUAL[Family.EC])

    def test_a_digest_nobody_signs_with_is_told_from_a_wrong_signature(self):
        public = PublicKey.from_cryptography(rsa_key().public_key())
        odd = Scheme(Family.RSA, hashes.BLAKE2b(64), padding.PKCS1v15())
        with pytest.raises(UnknownSchemeError):
            public.verify(b"data", bytes(256), odd)

    @pytest.mark.parametrize("signature", [b"", b"\0" * 256, b"\x30\x06\x02\x01\x00\x02\x01\x00"])
    def test_what_is_no_signature(self, sm2_key, signature):
        for key in (PublicKey.read(spki(rsa_key())), PublicKey.read(spki(ec_key()))):
            assert not key.verify(b"data", signature)
        assert not sm2_key.public.verify(b"data", signature)

    def test_more_than_is_ever_signed_is_not_even_digested(self):
        key = ec_key()
        data = bytes(MAX_SIGNED_BYTES + 1)
        signature = key.sign(data, ec.ECDSA(hashes.SHA256()))
        assert not PublicKey.from_cryptography(key.public_key()).verify(data, signature)
        assert key.public_key().verify(signature, data, ec.ECDSA(hashes.SHA256())) is None


class TestSealing:
    def test_rsa_opens_what_was_sealed_either_way(self):
        key = rsa_key()
        public = PublicKey.from_cryptography(key.public_key())
        assert key.decrypt(public.seal(b"secret"), padding.PKCS1v15()) == b"secret"
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        assert key.decrypt(public.seal(b"secret", "rsaes-oaep"), oaep) == b"secret"

    def test_what_cannot_be_sealed_is_one_error(self, sm2_key):
        rsa_public = PublicKey.read(spki(rsa_key()))
        ec_public = PublicKey.read(spki(ec_key()))
        for key, data in [
            (ec_public, b"secret"), (rsa_public, bytes(300)),
            (sm2_key.public, b""), (sm2_key.public, bytes(2000)),
        ]:  # fmt: skip
            with pytest.raises(NotSealableError):
                key.seal(data)


class TestCertificates:
    def test_a_certificate_and_its_issuer(self):
        root = make_x509(key=ec_key("root"), issuer_key=ec_key("root"), is_ca=True)
        leaf = make_x509(key=rsa_key("leaf"), issuer_key=ec_key("root"), issuer=root.subject)
        assert key_of(leaf) == PublicKey.read(spki(rsa_key("leaf")))
        assert is_issued_by(leaf, root)
        assert not is_issued_by(root, leaf)
        stranger = make_x509(key=ec_key("stranger"), subject=root.subject)
        assert not is_issued_by(leaf, stranger)

    def test_another_algorithm_within_than_without(self):
        """RFC 5280, 4.1.1.2: both must say the same, or the one that is not signed could be changed."""
        key = ec_key("root")
        root = make_x509(key=key, issuer_key=key)
        within = root.tbs_certificate_bytes.replace(
            object_identifier("1.2.840.10045.4.3.2"), object_identifier("1.2.840.10045.4.3.4"), 1
        )
        algorithm = sequence(object_identifier("1.2.840.10045.4.3.2"))
        signature = bit_string(key.sign(within, ec.ECDSA(hashes.SHA256())))
        odd = x509.load_der_x509_certificate(sequence(within, algorithm, signature))
        assert not is_signed_by(odd, key_of(root))
        right = sequence(root.tbs_certificate_bytes, algorithm, bit_string(root.signature))
        assert is_signed_by(x509.load_der_x509_certificate(right), key_of(root))

    def test_an_sm2_authority_whose_certificate_has_parameters_of_null(self):
        """Real ones have them, though the algorithm has none (GM/T 0006)."""
        name, key = root_name(Family.SM2), Sm2PrivateKey.new()
        validity = Validity(
            dt.datetime(2025, 1, 1, tzinfo=dt.UTC), dt.datetime(2045, 1, 1, tzinfo=dt.UTC)
        )
        usual = root_draft(name, key.public, validity).issued(Issuer(name, key))
        algorithm = sequence(object_identifier(SM2_WITH_SM3), NULL)
        parts = elements(read_element(usual.tbs_certificate_bytes).content)
        version, serial, _, *others = (part.encoded for part in parts)
        within = sequence(version, serial, algorithm, *others)
        odd = sequence(within, algorithm, bit_string(key.sign(within)))
        root = x509.load_der_x509_certificate(odd)
        assert is_issued_by(root, root)
        assert is_issued_by(usual, root)
        another = sequence(within, algorithm, bit_string(Sm2PrivateKey.new().sign(within)))
        assert not is_issued_by(x509.load_der_x509_certificate(another), root)
