/* Ending all other processes that run from this program's folder or below.
 *
 * The installer does so before files are replaced or removed, after it has asked the user's own agent to end:
 * agents of other users are not its to ask, and browsers keep native hosts. Each goes on where it was when it
 * starts again. */
#include <windows.h>
#include <tlhelp32.h>
#include <stdlib.h>
#include <wchar.h>

#define END_OTHERS L"--end-others"
#define ENDING_MS 5000 /* how long one may take to be gone */

/* Put the full path of a process's program into `path`, of `size` characters; false where it is not told. */
static int program_of(HANDLE process, wchar_t *path, DWORD size) {
    return QueryFullProcessImageNameW(process, 0, path, &size) != 0;
}

static size_t folder_length(const wchar_t *path) {
    const wchar_t *last = wcsrchr(path, L'\\');
    return last ? (size_t)(last - path) : 0;
}

static void end_if_here(DWORD id, const wchar_t *own) {
    wchar_t *other = calloc(32768, sizeof *other);
    HANDLE process =
        OpenProcess(PROCESS_TERMINATE | PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, FALSE, id);
    size_t length = folder_length(own);
    if (other && process && program_of(process, other, 32768) && !_wcsnicmp(other, own, length)
        && other[length] == L'\\'
        && TerminateProcess(process, 0))
        WaitForSingleObject(process, ENDING_MS);
    if (process) CloseHandle(process);
    free(other);
}

static int end_others(void) {
    static wchar_t own[32768];
    if (!program_of(GetCurrentProcess(), own, 32768)) return 1;
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32W entry = {.dwSize = sizeof entry};
    if (all == INVALID_HANDLE_VALUE) return 1;
    for (BOOL more = Process32FirstW(all, &entry); more; more = Process32NextW(all, &entry))
        if (entry.th32ProcessID != GetCurrentProcessId()) end_if_here(entry.th32ProcessID, own);
    CloseHandle(all);
    return 0;
}
