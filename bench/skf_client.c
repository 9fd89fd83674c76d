/* A bare client of a library that speaks SKF (GM/T 0016), for comparison: skf_client LIBRARY list|wait
 *
 * It makes the calls our driver makes where nothing is known yet: room for a list, certificate or key is given at once, and each pair's
 * public key is read, since a certificate without it is none to sign with.
 *
 *   list  for each line of its input: read all certificates of all devices, print how many
 *   wait  print CLOCK_MONOTONIC in seconds whenever a device comes
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef uint32_t ULONG;
typedef void *HANDLE;

static ULONG (*EnumDev)(int, char *, ULONG *), (*ConnectDev)(char *, HANDLE *), (*DisConnectDev)(HANDLE);
static ULONG (*GetDevInfo)(HANDLE, void *), (*EnumApplication)(HANDLE, char *, ULONG *);
static ULONG (*OpenApplication)(HANDLE, char *, HANDLE *), (*CloseApplication)(HANDLE);
static ULONG (*GetPINInfo)(HANDLE, ULONG, ULONG *, ULONG *, int *);
static ULONG (*EnumContainer)(HANDLE, char *, ULONG *), (*OpenContainer)(HANDLE, char *, HANDLE *);
static ULONG (*CloseContainer)(HANDLE), (*ExportCertificate)(HANDLE, int, unsigned char *, ULONG *);
static ULONG (*ExportPublicKey)(HANDLE, int, unsigned char *, ULONG *);
static ULONG (*WaitForDevEvent)(char *, ULONG *, ULONG *);

#define LOAD(name) \
    if (!(*(void **)&name = dlsym(library, "SKF_" #name))) { fprintf(stderr, "no SKF_" #name "\n"); return 1; }
#define EACH(name, list) for (char *name = list; *name; name += strlen(name) + 1)

static int container(HANDLE application, char *name) {
    HANDLE handle;
    int found = 0;
    if (OpenContainer(application, name, &handle)) return 0;
    for (int is_signing = 1; is_signing >= 0; is_signing--) {
        static unsigned char content[16384], key[1024];
        ULONG size = sizeof content, key_size = sizeof key;
        if (ExportCertificate(handle, is_signing, content, &size) || !size) continue;
        if (!ExportPublicKey(handle, is_signing, key, &key_size)) found++;
    }
    CloseContainer(handle);
    return found;
}

static int device(char *name) {
    static char applications[16384], containers[16384];
    static unsigned char info[512];
    HANDLE dev, application;
    ULONG size = sizeof applications, most, left;
    int found = 0, is_default;
    if (ConnectDev(name, &dev)) return 0;
    GetDevInfo(dev, info);
    if (!EnumApplication(dev, applications, &size)) EACH(one, applications) {
        if (OpenApplication(dev, one, &application)) continue;
        GetPINInfo(application, 1, &most, &left, &is_default);
        size = sizeof containers;
        if (!EnumContainer(application, containers, &size))
            EACH(each, containers) found += container(application, each);
        CloseApplication(application);
    }
    DisConnectDev(dev);
    return found;
}

static void list(void) {
    static char devices[16384];
    char line[16];
    while (fgets(line, sizeof line, stdin)) {
        ULONG size = sizeof devices;
        int found = 0;
        if (!EnumDev(1, devices, &size)) EACH(name, devices) found += device(name);
        printf("%d\n", found);
        fflush(stdout);
    }
}

static void wait_for_devices(void) {
    char name[256];
    for (;;) {
        ULONG size = sizeof name, event = 0;
        struct timespec at;
        if (WaitForDevEvent(name, &size, &event)) return;
        clock_gettime(CLOCK_MONOTONIC, &at);
        if (event == 1) printf("%lld.%09ld\n", (long long)at.tv_sec, at.tv_nsec);
        fflush(stdout);
    }
}

int main(int count, char **words) {
    void *library = count == 3 ? dlopen(words[1], RTLD_NOW) : NULL;
    if (!library) { fprintf(stderr, "skf_client LIBRARY list|wait\n"); return 2; }
    LOAD(EnumDev) LOAD(ConnectDev) LOAD(DisConnectDev) LOAD(GetDevInfo) LOAD(EnumApplication)
    LOAD(OpenApplication) LOAD(CloseApplication) LOAD(GetPINInfo) LOAD(EnumContainer) LOAD(OpenContainer)
    LOAD(CloseContainer) LOAD(ExportCertificate) LOAD(ExportPublicKey) LOAD(WaitForDevEvent)
    if (strcmp(words[2], "wait")) list(); else wait_for_devices();
    return 0;
}
