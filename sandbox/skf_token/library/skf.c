/* The calls of GM/T 0016-2012, 7, each passed on to the process that has the tokens. */
#include "skf.h"

#include <string.h>

#include "call.h"

#define CALL(name) EXPORTED ULONG DEVAPI name

enum { MOST_CIPHER_BYTES = 1024, CIPHER_HEAD = offsetof(ECCCIPHERBLOB, Cipher) };

/* Most calls hand over a handle alone, or end with a buffer or a handle to be filled. */

static ULONG plain(struct call call) {
    call_ask(&call);
    return call_end(&call);
}

static ULONG of_handle(const char *name, HANDLE handle) {
    struct call call = call_begin(name);
    call_handle(&call, handle);
    return plain(call);
}

static ULONG into_buffer(struct call call, void *buffer, ULONG *room) {
    call_ask(&call);
    call_give_buffer(&call, buffer, room);
    return call_end(&call);
}

static ULONG into_number(struct call call, ULONG *number) {
    call_ask(&call);
    call_give_number(&call, number);
    return call_end(&call);
}

static ULONG into_handle(struct call call, HANDLE *handle) {
    call_ask(&call);
    call_give_handle(&call, handle);
    return call_end(&call);
}

/* 7.1 devices */

static ULONG wait_for_event(LPSTR name, ULONG *room, ULONG *event) {
    struct call call = call_begin("SKF_WaitForDevEvent");
    call_wait(&call);
    call_give_buffer(&call, name, room);
    call_give_number(&call, event);
    return call_end(&call);
}

#ifdef SKF_LENGTH_BY_VALUE
enum { MOST_NAME_BYTES = 4096 };

CALL(SKF_WaitForDevEvent)(LPSTR szDevName, ULONG ulDevNameLen, ULONG *pulEvent) {
    if (ulDevNameLen > MOST_NAME_BYTES) return SAR_INVALIDPARAMERR; /* an address, most likely */
    return wait_for_event(szDevName, &ulDevNameLen, pulEvent);
}
#else
CALL(SKF_WaitForDevEvent)(LPSTR szDevName, ULONG *pulDevNameLen, ULONG *pulEvent) {
    return wait_for_event(szDevName, pulDevNameLen, pulEvent);
}
#endif

CALL(SKF_CancelWaitForDevEvent)(void) {
    call_cancel();
    ULONG result = plain(call_begin("SKF_CancelWaitForDevEvent"));
    return result == SAR_DEVICE_REMOVED ? SAR_OK : result;
}

CALL(SKF_EnumDev)(BOOL bPresent, LPSTR szNameList, ULONG *pulSize) {
    struct call call = call_begin("SKF_EnumDev");
    call_number(&call, bPresent != 0);
    call_ask(&call);
    if (call.result == SAR_DEVICE_REMOVED && call.failed) { /* no process, no tokens */
        call.result = SAR_OK;
        call_give_sized(&call, "", 1, szNameList, pulSize);
    }
    call_give_buffer(&call, szNameList, pulSize);
    return call_end(&call);
}

CALL(SKF_ConnectDev)(LPSTR szName, DEVHANDLE *phDev) {
    struct call call = call_begin("SKF_ConnectDev");
    call_text(&call, szName);
    return into_handle(call, phDev);
}

CALL(SKF_DisConnectDev)(DEVHANDLE hDev) { return of_handle("SKF_DisConnectDev", hDev); }

CALL(SKF_GetDevState)(LPSTR szDevName, ULONG *pulDevState) {
    struct call call = call_begin("SKF_GetDevState");
    call_text(&call, szDevName);
    return into_number(call, pulDevState);
}

CALL(SKF_GetDevInfo)(DEVHANDLE hDev, DEVINFO *pDevInfo) {
    DEVINFO info = {.Version = {1, 0}};
    struct call call = call_begin("SKF_GetDevInfo");
    call_handle(&call, hDev);
    call_ask(&call);
    call_give_array(&call, info.Manufacturer, sizeof info.Manufacturer);
    call_give_array(&call, info.Issuer, sizeof info.Issuer);
    call_give_array(&call, info.Label, sizeof info.Label);
    call_give_array(&call, info.SerialNumber, sizeof info.SerialNumber);
    call_give_array(&call, &info.HWVersion, sizeof info.HWVersion);
    call_give_array(&call, &info.FirmwareVersion, sizeof info.FirmwareVersion);
    info.AlgSymCap = (ULONG)call_take(&call);
    info.AlgAsymCap = (ULONG)call_take(&call);
    info.AlgHashCap = (ULONG)call_take(&call);
    info.DevAuthAlgId = (ULONG)call_take(&call);
    info.TotalSpace = (ULONG)call_take(&call);
    info.FreeSpace = (ULONG)call_take(&call);
    info.MaxECCBufferSize = (ULONG)call_take(&call);
    info.MaxBufferSize = (ULONG)call_take(&call);
    if (call.result == SAR_OK) {
        if (pDevInfo) memcpy(pDevInfo, &info, sizeof info);
        else call.result = SAR_INVALIDPARAMERR;
    }
    return call_end(&call);
}

CALL(SKF_LockDev)(DEVHANDLE hDev, ULONG ulTimeOut) {
    struct call call = call_begin("SKF_LockDev");
    call_handle(&call, hDev);
    call_number(&call, (uint32_t)ulTimeOut);
    return plain(call);
}

CALL(SKF_UnlockDev)(DEVHANDLE hDev) { return of_handle("SKF_UnlockDev", hDev); }

CALL(SKF_GenRandom)(DEVHANDLE hDev, BYTE *pbRandom, ULONG ulRandomLen) {
    struct call call = call_begin("SKF_GenRandom");
    call_handle(&call, hDev);
    call_number(&call, ulRandomLen);
    call_ask(&call);
    call_give_array(&call, pbRandom, ulRandomLen);
    return call_end(&call);
}

/* 7.2 access control */

CALL(SKF_GetPINInfo)(HAPPLICATION hApplication, ULONG ulPINType, ULONG *pulMaxRetryCount,
                     ULONG *pulRemainRetryCount, BOOL *pbDefaultPin) {
    struct call call = call_begin("SKF_GetPINInfo");
    call_handle(&call, hApplication);
    call_number(&call, (uint32_t)ulPINType);
    call_ask(&call);
    call_give_number(&call, pulMaxRetryCount);
    call_give_number(&call, pulRemainRetryCount);
    call_give_flag(&call, pbDefaultPin);
    return call_end(&call);
}

CALL(SKF_VerifyPIN)(HAPPLICATION hApplication, ULONG ulPINType, LPSTR szPIN, ULONG *pulRetryCount) {
    struct call call = call_begin("SKF_VerifyPIN");
    call_handle(&call, hApplication);
    call_number(&call, (uint32_t)ulPINType);
    call_text(&call, szPIN);
    return into_number(call, pulRetryCount);
}

CALL(SKF_ChangePIN)(HAPPLICATION hApplication, ULONG ulPINType, LPSTR szOldPin, LPSTR szNewPin,
                    ULONG *pulRetryCount) {
    struct call call = call_begin("SKF_ChangePIN");
    call_handle(&call, hApplication);
    call_number(&call, (uint32_t)ulPINType);
    call_text(&call, szOldPin);
    call_text(&call, szNewPin);
    return into_number(call, pulRetryCount);
}

CALL(SKF_UnblockPIN)(HAPPLICATION hApplication, LPSTR szAdminPIN, LPSTR szNewUserPIN, ULONG *pulRetryCount) {
    struct call call = call_begin("SKF_UnblockPIN");
    call_handle(&call, hApplication);
    call_text(&call, szAdminPIN);
    call_text(&call, szNewUserPIN);
    return into_number(call, pulRetryCount);
}

CALL(SKF_ClearSecureState)(HAPPLICATION hApplication) { return of_handle("SKF_ClearSecureState", hApplication); }

/* 7.3 applications */

CALL(SKF_EnumApplication)(DEVHANDLE hDev, LPSTR szAppName, ULONG *pulSize) {
    struct call call = call_begin("SKF_EnumApplication");
    call_handle(&call, hDev);
    return into_buffer(call, szAppName, pulSize);
}

CALL(SKF_OpenApplication)(DEVHANDLE hDev, LPSTR szAppName, HAPPLICATION *phApplication) {
    struct call call = call_begin("SKF_OpenApplication");
    call_handle(&call, hDev);
    call_text(&call, szAppName);
    return into_handle(call, phApplication);
}

CALL(SKF_CloseApplication)(HAPPLICATION hApplication) { return of_handle("SKF_CloseApplication", hApplication); }

/* 7.5 containers */

static struct call with_container(const char *name, HANDLE handle, const char *container) {
    struct call call = call_begin(name);
    call_handle(&call, handle);
    call_text(&call, container);
    return call;
}

CALL(SKF_CreateContainer)(HAPPLICATION hApplication, LPSTR szContainerName, HCONTAINER *phContainer) {
    return into_handle(with_container("SKF_CreateContainer", hApplication, szContainerName), phContainer);
}

CALL(SKF_DeleteContainer)(HAPPLICATION hApplication, LPSTR szContainerName) {
    return plain(with_container("SKF_DeleteContainer", hApplication, szContainerName));
}

CALL(SKF_OpenContainer)(HAPPLICATION hApplication, LPSTR szContainerName, HCONTAINER *phContainer) {
    return into_handle(with_container("SKF_OpenContainer", hApplication, szContainerName), phContainer);
}

CALL(SKF_CloseContainer)(HCONTAINER hContainer) { return of_handle("SKF_CloseContainer", hContainer); }

CALL(SKF_EnumContainer)(HAPPLICATION hApplication, LPSTR szContainerName, ULONG *pulSize) {
    struct call call = call_begin("SKF_EnumContainer");
    call_handle(&call, hApplication);
    return into_buffer(call, szContainerName, pulSize);
}

CALL(SKF_GetContainerType)(HCONTAINER hContainer, ULONG *pulContainerType) {
    struct call call = call_begin("SKF_GetContainerType");
    call_handle(&call, hContainer);
    return into_number(call, pulContainerType);
}

CALL(SKF_ImportCertificate)(HCONTAINER hContainer, BOOL bSignFlag, BYTE *pbCert, ULONG ulCertLen) {
    struct call call = call_begin("SKF_ImportCertificate");
    call_handle(&call, hContainer);
    call_number(&call, bSignFlag != 0);
    call_bytes(&call, pbCert, pbCert ? ulCertLen : 0);
    return plain(call);
}

CALL(SKF_ExportCertificate)(HCONTAINER hContainer, BOOL bSignFlag, BYTE *pbCert, ULONG *pulCertLen) {
    struct call call = call_begin("SKF_ExportCertificate");
    call_handle(&call, hContainer);
    call_number(&call, bSignFlag != 0);
    return into_buffer(call, pbCert, pulCertLen);
}

/* 7.6 keys: RSA */

static RSAPUBLICKEYBLOB take_rsa(struct call *call) {
    RSAPUBLICKEYBLOB blob = {0};
    blob.AlgID = (ULONG)call_take(call);
    blob.BitLen = (ULONG)call_take(call);
    call_give_array(call, blob.Modulus, sizeof blob.Modulus);
    call_give_array(call, blob.PublicExponent, sizeof blob.PublicExponent);
    return blob;
}

CALL(SKF_GenRSAKeyPair)(HCONTAINER hContainer, ULONG ulBitsLen, RSAPUBLICKEYBLOB *pBlob) {
    struct call call = call_begin("SKF_GenRSAKeyPair");
    call_handle(&call, hContainer);
    call_number(&call, (uint32_t)ulBitsLen);
    call_ask(&call);
    RSAPUBLICKEYBLOB blob = take_rsa(&call);
    if (call.result == SAR_OK && pBlob) memcpy(pBlob, &blob, sizeof blob);
    return call_end(&call);
}

CALL(SKF_ImportRSAKeyPair)(HCONTAINER hContainer, ULONG ulSymAlgId, BYTE *pbWrappedKey, ULONG ulWrappedKeyLen,
                           BYTE *pbEncryptedData, ULONG ulEncryptedDataLen) {
    struct call call = call_begin("SKF_ImportRSAKeyPair");
    call_handle(&call, hContainer);
    call_number(&call, (uint32_t)ulSymAlgId);
    call_bytes(&call, pbWrappedKey, pbWrappedKey ? ulWrappedKeyLen : 0);
    call_bytes(&call, pbEncryptedData, pbEncryptedData ? ulEncryptedDataLen : 0);
    return plain(call);
}

CALL(SKF_RSASignData)(HCONTAINER hContainer, BYTE *pbData, ULONG ulDataLen, BYTE *pbSignature,
                      ULONG *pulSignLen) {
    struct call call = call_begin("SKF_RSASignData");
    call_handle(&call, hContainer);
    call_bytes(&call, pbData, pbData ? ulDataLen : 0);
    return into_buffer(call, pbSignature, pulSignLen);
}

/* 7.6 keys: SM2 */

static ECCPUBLICKEYBLOB take_ecc(struct call *call) {
    ECCPUBLICKEYBLOB blob = {0};
    blob.BitLen = (ULONG)call_take(call);
    call_give_array(call, blob.XCoordinate, sizeof blob.XCoordinate);
    call_give_array(call, blob.YCoordinate, sizeof blob.YCoordinate);
    return blob;
}

/* Its size must be known to be at most what is there. */
static void put_cipher(struct call *call, const ECCCIPHERBLOB *blob) {
    call_bytes(call, blob->XCoordinate, sizeof blob->XCoordinate);
    call_bytes(call, blob->YCoordinate, sizeof blob->YCoordinate);
    call_bytes(call, blob->HASH, sizeof blob->HASH);
    call_bytes(call, (const BYTE *)blob + CIPHER_HEAD, blob->CipherLen);
}

CALL(SKF_GenECCKeyPair)(HCONTAINER hContainer, ULONG ulAlgId, ECCPUBLICKEYBLOB *pBlob) {
    struct call call = call_begin("SKF_GenECCKeyPair");
    call_handle(&call, hContainer);
    call_number(&call, (uint32_t)ulAlgId);
    call_ask(&call);
    ECCPUBLICKEYBLOB blob = take_ecc(&call);
    if (call.result == SAR_OK && pBlob) memcpy(pBlob, &blob, sizeof blob);
    return call_end(&call);
}

CALL(SKF_ImportECCKeyPair)(HCONTAINER hContainer, ENVELOPEDKEYBLOB *pEnvelopedKeyBlob) {
    const ENVELOPEDKEYBLOB *blob = pEnvelopedKeyBlob;
    struct call call = call_begin("SKF_ImportECCKeyPair");
    if (!blob || blob->ECCCipherBlob.CipherLen > MOST_CIPHER_BYTES) {
        call_end(&call);
        return blob ? SAR_INDATALENERR : SAR_INVALIDPARAMERR;
    }
    call_handle(&call, hContainer);
    call_number(&call, blob->Version);
    call_number(&call, blob->ulSymmAlgID);
    call_number(&call, blob->ulBits);
    call_bytes(&call, blob->cbEncryptedPriKey, sizeof blob->cbEncryptedPriKey);
    call_number(&call, blob->PubKey.BitLen);
    call_bytes(&call, blob->PubKey.XCoordinate, sizeof blob->PubKey.XCoordinate);
    call_bytes(&call, blob->PubKey.YCoordinate, sizeof blob->PubKey.YCoordinate);
    put_cipher(&call, &blob->ECCCipherBlob);
    return plain(call);
}

CALL(SKF_ECCSignData)(HCONTAINER hContainer, BYTE *pbData, ULONG ulDataLen, ECCSIGNATUREBLOB *pSignature) {
    ECCSIGNATUREBLOB blob = {0};
    struct call call = call_begin("SKF_ECCSignData");
    call_handle(&call, hContainer);
    call_bytes(&call, pbData, pbData ? ulDataLen : 0);
    call_ask(&call);
    call_give_array(&call, blob.r, sizeof blob.r);
    call_give_array(&call, blob.s, sizeof blob.s);
    if (call.result == SAR_OK && pSignature) memcpy(pSignature, &blob, sizeof blob);
    return call_end(&call);
}

/* The answer says first which kind of key it is: 1 RSA, 2 SM2, else a blob as it is. */
CALL(SKF_ExportPublicKey)(HCONTAINER hContainer, BOOL bSignFlag, BYTE *pbBlob, ULONG *pulBlobLen) {
    struct call call = call_begin("SKF_ExportPublicKey");
    call_handle(&call, hContainer);
    call_number(&call, bSignFlag != 0);
    call_ask(&call);
    uint64_t kind = call_take(&call);
    if (kind == 1) {
        RSAPUBLICKEYBLOB blob = take_rsa(&call);
        call_give_sized(&call, &blob, sizeof blob, pbBlob, pulBlobLen);
    } else if (kind == 2) {
        ECCPUBLICKEYBLOB blob = take_ecc(&call);
        call_give_sized(&call, &blob, sizeof blob, pbBlob, pulBlobLen);
    } else {
        call_give_buffer(&call, pbBlob, pulBlobLen);
    }
    return call_end(&call);
}

/* 7.6.19, 7.6.21…: session keys */

/* As it came, for RSA; then in parts, for SM2, where the size fits the blob. */
CALL(SKF_ImportSessionKey)(HCONTAINER hContainer, ULONG ulAlgId, BYTE *pbWrapedData, ULONG ulWrapedLen,
                           HANDLE *phKey) {
    const ECCCIPHERBLOB *blob = (const ECCCIPHERBLOB *)pbWrapedData;
    struct call call = call_begin("SKF_ImportSessionKey");
    call_handle(&call, hContainer);
    call_number(&call, (uint32_t)ulAlgId);
    call_bytes(&call, pbWrapedData, pbWrapedData ? ulWrapedLen : 0);
    if (blob && ulWrapedLen > CIPHER_HEAD && blob->CipherLen <= ulWrapedLen - CIPHER_HEAD)
        put_cipher(&call, blob);
    return into_handle(call, phKey);
}

static ULONG start_cipher(const char *name, HANDLE hKey, const BLOCKCIPHERPARAM *parameters) {
    struct call call = call_begin(name);
    size_t size = parameters->IVLen < sizeof parameters->IV ? parameters->IVLen : sizeof parameters->IV;
    call_handle(&call, hKey);
    call_bytes(&call, parameters->IV, size);
    call_number(&call, parameters->PaddingType);
    return plain(call);
}

static ULONG pass(const char *name, HANDLE hKey, const BYTE *data, ULONG size, BYTE *result, ULONG *room) {
    struct call call = call_begin(name);
    call_handle(&call, hKey);
    call_bytes(&call, data, data ? size : 0);
    return into_buffer(call, result, room);
}

CALL(SKF_EncryptInit)(HANDLE hKey, BLOCKCIPHERPARAM EncryptParam) {
    return start_cipher("SKF_EncryptInit", hKey, &EncryptParam);
}

CALL(SKF_Encrypt)(HANDLE hKey, BYTE *pbData, ULONG ulDataLen, BYTE *pbEncryptedData, ULONG *pulEncryptedLen) {
    return pass("SKF_Encrypt", hKey, pbData, ulDataLen, pbEncryptedData, pulEncryptedLen);
}

CALL(SKF_DecryptInit)(HANDLE hKey, BLOCKCIPHERPARAM DecryptParam) {
    return start_cipher("SKF_DecryptInit", hKey, &DecryptParam);
}

CALL(SKF_Decrypt)(HANDLE hKey, BYTE *pbEncryptedData, ULONG ulEncryptedLen, BYTE *pbData, ULONG *pulDataLen) {
    return pass("SKF_Decrypt", hKey, pbEncryptedData, ulEncryptedLen, pbData, pulDataLen);
}

CALL(SKF_CloseHandle)(HANDLE hHandle) { return of_handle("SKF_CloseHandle", hHandle); }
