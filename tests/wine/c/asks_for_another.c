/* A library that speaks as much SKF as says that nothing is plugged in, and loads another by its mere name. */
#include <windows.h>
#include <stdio.h>

__declspec(dllexport) unsigned __stdcall SKF_EnumDev(int present, char *names, unsigned *size) {
    (void)present;
    fprintf(stderr, LoadLibraryA("another.dll") ? "another is there\n" : "another is not there\n");
    fflush(stderr);
    if (names) names[0] = names[1] = 0;
    *size = 2;
    return 0;
}
