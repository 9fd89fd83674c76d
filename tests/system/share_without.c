/* A share below $SHARE without locks ($NO_LOCKS) or shared mappings ($NO_MAPS), for LD_PRELOAD.
   As NFS without its lock daemon and some FUSE and SMB mounts answer. Build: cc -shared -fPIC -o share_without.so share_without.c -ldl */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Whether a descriptor is of a file below the share, and what it lacks is named by the variable. */
static int lacks(const char *what, int descriptor)
{
    char link[64], file[PATH_MAX];
    const char *share = getenv("SHARE");
    if (!share || !getenv(what) || descriptor < 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, file, sizeof file - 1);
    return length > 0 && (size_t)length >= strlen(share) && !memcmp(file, share, strlen(share));
}

int flock(int descriptor, int operation)
{
    int (*real)(int, int) = (int (*)(int, int))dlsym(RTLD_NEXT, "flock");
    if (lacks("NO_LOCKS", descriptor)) {
        errno = ENOLCK;
        return -1;
    }
    return real(descriptor, operation);
}

static int control(const char *name, int descriptor, int command, void *argument)
{
    int (*real)(int, int, void *) = (int (*)(int, int, void *))dlsym(RTLD_NEXT, name);
    int is_lock = command == F_SETLK || command == F_SETLKW || command == F_GETLK;
    if (is_lock && lacks("NO_LOCKS", descriptor)) {
        errno = ENOLCK;
        return -1;
    }
    return real(descriptor, command, argument);
}

#define CONTROL(NAME)                                      \
    int NAME(int descriptor, int command, ...)             \
    {                                                      \
        va_list more;                                      \
        va_start(more, command);                           \
        void *argument = va_arg(more, void *);             \
        va_end(more);                                      \
        return control(#NAME, descriptor, command, argument); \
    }
CONTROL(fcntl)
CONTROL(fcntl64)

#define MAP(NAME, OFFSET)                                                                       \
    void *NAME(void *at, size_t size, int access, int flags, int descriptor, OFFSET from)       \
    {                                                                                           \
        void *(*real)(void *, size_t, int, int, int, OFFSET) =                                  \
            (void *(*)(void *, size_t, int, int, int, OFFSET))dlsym(RTLD_NEXT, #NAME);          \
        if (flags & MAP_SHARED && lacks("NO_MAPS", descriptor)) {                               \
            errno = ENODEV;                                                                     \
            return MAP_FAILED;                                                                  \
        }                                                                                       \
        return real(at, size, access, flags, descriptor, from);                                 \
    }
MAP(mmap, off_t)
MAP(mmap64, off64_t)
