/* bcryptprimitives.dll, which Wine 8 has not: the one function that Rust's standard library has random
 * numbers by. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(void *buffer, ULONG size); /* advapi32: RtlGenRandom */

__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *buffer, SIZE_T size) {
    return SystemFunction036(buffer, (ULONG)size);
}
