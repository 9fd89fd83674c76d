/* The types of GM/T 0016-2012, 6, in the shape the library is built in.
 *
 *   SKF_ULONG_BYTES  4 as the standard has it, or 8 as where ULONG was taken for unsigned long on Linux
 *   SKF_PACKED       without bytes between members, as most vendors' headers have it
 *   SKF_INT_HANDLES  HANDLE is an int, as in the library of the SJK1912-G
 *   SKF_LENGTH_BY_VALUE  SKF_WaitForDevEvent takes the length of the name itself, as HaiTai's header has it
 */
#ifndef SKF_H
#define SKF_H

#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#define DEVAPI __stdcall
#define EXPORTED __declspec(dllexport)
#else
#define DEVAPI
#define EXPORTED __attribute__((visibility("default")))
#endif

#if SKF_ULONG_BYTES == 8
typedef uint64_t ULONG;
#elif SKF_ULONG_BYTES == 4
typedef uint32_t ULONG;
#else
#error "SKF_ULONG_BYTES is 4 or 8"
#endif

typedef unsigned char BYTE;
typedef int32_t BOOL;
typedef char *LPSTR;
#ifdef SKF_INT_HANDLES
typedef int32_t HANDLE;
#define HANDLE_NUMBER(handle) ((uint32_t)(handle) & ~SKF_HANDLE_SIGN)
#define SKF_HANDLE_SIGN 0x80000000u /* they are all negative: who takes them for more than 4 bytes fails */
#else
typedef void *HANDLE;
#define HANDLE_NUMBER(handle) ((uintptr_t)(handle))
#define SKF_HANDLE_SIGN 0u
#endif
typedef HANDLE DEVHANDLE, HAPPLICATION, HCONTAINER;

#ifdef SKF_PACKED
#pragma pack(push, 1)
#endif

typedef struct {
    BYTE major, minor;
} VERSION;

typedef struct {
    VERSION Version;
    char Manufacturer[64], Issuer[64], Label[32], SerialNumber[32];
    VERSION HWVersion, FirmwareVersion;
    ULONG AlgSymCap, AlgAsymCap, AlgHashCap, DevAuthAlgId, TotalSpace, FreeSpace;
    ULONG MaxECCBufferSize, MaxBufferSize;
    BYTE Reserved[64];
} DEVINFO;

typedef struct {
    ULONG AlgID, BitLen;
    BYTE Modulus[256], PublicExponent[4];
} RSAPUBLICKEYBLOB;

typedef struct {
    ULONG BitLen;
    BYTE XCoordinate[64], YCoordinate[64];
} ECCPUBLICKEYBLOB;

typedef struct {
    BYTE XCoordinate[64], YCoordinate[64], HASH[32];
    ULONG CipherLen;
    BYTE Cipher[1];
} ECCCIPHERBLOB;

typedef struct {
    BYTE r[64], s[64];
} ECCSIGNATUREBLOB;

typedef struct {
    ULONG Version, ulSymmAlgID, ulBits;
    BYTE cbEncryptedPriKey[64];
    ECCPUBLICKEYBLOB PubKey;
    ECCCIPHERBLOB ECCCipherBlob;
} ENVELOPEDKEYBLOB;

typedef struct {
    BYTE IV[32];
    ULONG IVLen, PaddingType, FeedBitLen;
} BLOCKCIPHERPARAM;

#ifdef SKF_PACKED
#pragma pack(pop)
#endif

/* Annex A. The rest of the codes are the process's to say. */
enum {
    SAR_OK = 0,
    SAR_FAIL = 0x0A000001,
    SAR_INVALIDPARAMERR = 0x0A000006,
    SAR_MEMORYERR = 0x0A00000E,
    SAR_INDATALENERR = 0x0A000010,
    SAR_BUFFER_TOO_SMALL = 0x0A000020,
    SAR_NOT_EVENTERR = 0x0A000022,
    SAR_DEVICE_REMOVED = 0x0A000023,
};

#endif
