/* cfgmgr32.dll with CM_Register_Notification, which Wine 8 has not. A reader "arrives" each time the file that
 * ODC_WINE_DEVICES names is touched. All else goes on to setupapi, where Wine has it. */
#include <windows.h>
#include <stdlib.h>

#define SUCCESS 0x00
#define INVALID_DATA 0x1F
#define ARRIVAL 0 /* CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL */
#define LOOKING_MS 200

/* CM_NOTIFY_FILTER; CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE is 0, of all interface classes is flag 1. */
typedef struct { DWORD size, flags, type, reserved; WCHAR instance[200]; } Filter;
typedef DWORD(CALLBACK *Callback)(void *handle, void *context, int action, void *data, DWORD size);
typedef struct { Callback callback; void *context; HANDLE end, thread; } Watch;

static FILETIME touched(const WCHAR *file) {
    WIN32_FILE_ATTRIBUTE_DATA found = {0};
    GetFileAttributesExW(file, GetFileExInfoStandard, &found);
    return found.ftLastWriteTime;
}

static DWORD WINAPI look(void *argument) {
    Watch *watch = argument;
    WCHAR file[MAX_PATH] = {0};
    BYTE data[416] = {0}; /* as long as a CM_NOTIFY_EVENT_DATA */
    GetEnvironmentVariableW(L"ODC_WINE_DEVICES", file, MAX_PATH);
    FILETIME last = touched(file);
    while (WaitForSingleObject(watch->end, LOOKING_MS) == WAIT_TIMEOUT) {
        FILETIME now = touched(file);
        if (!CompareFileTime(&now, &last)) continue;
        last = now;
        watch->callback(watch, watch->context, ARRIVAL, data, sizeof data);
    }
    return 0;
}

__declspec(dllexport) DWORD WINAPI CM_Register_Notification(
    Filter *filter, void *context, Callback callback, void **handle) {
    if (!filter || filter->size != sizeof *filter || filter->type || !(filter->flags & 1)) return INVALID_DATA;
    Watch *watch = calloc(1, sizeof *watch);
    watch->callback = callback;
    watch->context = context;
    watch->end = CreateEventW(NULL, TRUE, FALSE, NULL);
    watch->thread = CreateThread(NULL, 0, look, watch, 0, NULL);
    *handle = watch;
    return SUCCESS;
}

__declspec(dllexport) DWORD WINAPI CM_Unregister_Notification(void *handle) {
    Watch *watch = handle;
    SetEvent(watch->end);
    WaitForSingleObject(watch->thread, INFINITE);
    return SUCCESS;
}
