/* A program of ours on Windows: the Python that lies beside it, run in this very process.
 *
 * Compiled once for each program (build.py), with
 *   PYTHON      the interpreter's library, such as L"python311.dll"
 *   NEEDED      what else has to lie there, such as L"python311.zip"
 *   START       what the interpreter is told before the person's own words, such as L"-I", L"-m", L"agent"
 *   WHEN_BARE   the word that is meant where there is none
 *   WINDOWED    that it has no console
 * Called with -I first it is the interpreter itself: so a program of ours starts its children, as python.exe
 * would. */
#ifndef WINDOWED
#define WINDOWED 0
#endif
#include <windows.h>
#include <shellapi.h>
#include <stdio.h>
#include <wchar.h>
#include "ending.h"
#include "peers.h"

#define LONGEST 32768 /* characters of a path, the end included */

typedef int (*Main)(int, wchar_t **);

static const wchar_t *const start[] = {START};
#define COUNT(many) ((int)(sizeof(many) / sizeof *(many)))

/* Without any of these the interpreter ends in words that nobody sees. */
static const wchar_t *const needed[] = {NEEDED};

static const wchar_t missing[] =
    L"证照管家无法启动:程序文件不完整,或缺少 Microsoft Visual C++ 运行库。请重新安装。\n\n"
    L"Certificate Manager cannot start: files of the program or of the Microsoft Visual C++ runtime are "
    L"missing. Install it again.\n\n%ls (%lu)";
static const wchar_t too_long[] =
    L"证照管家无法启动:所在文件夹的路径过长。请安装到路径较短的文件夹。\n\n"
    L"Certificate Manager cannot start: the path of its folder is too long. Install it to a folder with a "
    L"shorter path.\n\n%ls (%lu)";

static int fail(const wchar_t *file, DWORD reason) {
    static wchar_t text[LONGEST + 512];
    /* From a longer path no library is loaded where Windows does not take long ones, and elsewhere the
     * interpreter does not find its own files. */
    const wchar_t *sentence = wcslen(file) < MAX_PATH ? missing : too_long;
    swprintf(text, LONGEST + 512, sentence, file, (unsigned long)reason);
    if (WINDOWED)
        MessageBoxW(NULL, text, L"证照管家 Certificate Manager", MB_ICONERROR | MB_SETFOREGROUND);
    else {
        static char said[3 * (LONGEST + 512)];
        /* In UTF-8: a redirected stream has no code page of its own. */
        int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, said, sizeof said, NULL, NULL);
        if (size > 1) fwrite(said, 1, (size_t)size - 1, stderr), fputc('\n', stderr);
    }
    return 1;
}

/* Put the path of a file beside this program into `path`; false where it is too long. */
static int beside(wchar_t *path, const wchar_t *name) {
    DWORD size = GetModuleFileNameW(NULL, path, LONGEST);
    wchar_t *last = size && size < LONGEST ? wcsrchr(path, L'\\') : NULL;
    if (!last || last + 1 + wcslen(name) + 1 > path + LONGEST) return 0;
    wcscpy(last + 1, name);
    return 1;
}

static int run(int argc, wchar_t **argv) {
    static wchar_t path[LONGEST];
    /* Nothing but what lies beside this program and in the system's folder is loaded. */
    HMODULE library = beside(path, PYTHON) && wcslen(path) < MAX_PATH
        ? LoadLibraryExW(path, NULL, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR | LOAD_LIBRARY_SEARCH_DEFAULT_DIRS)
        : NULL;
    if (!library) return fail(path, GetLastError());
    Main python_main = (Main)(void *)GetProcAddress(library, "Py_Main");
    if (!python_main) return fail(path, GetLastError());
    add_peers(library);
    for (int i = 0; i < COUNT(needed); i++)
        if (!beside(path, needed[i]) || GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES)
            return fail(path, GetLastError());

    if (argc > 1 && !wcscmp(argv[1], L"-I")) return python_main(argc, argv);
    wchar_t **all = calloc((size_t)argc + COUNT(start) + 2, sizeof *all);
    if (!all) return fail(path, ERROR_NOT_ENOUGH_MEMORY);
    int count = 0;
    all[count++] = argv[0];
    for (int i = 0; i < COUNT(start); i++) all[count++] = (wchar_t *)start[i];
    for (int i = 1; i < argc; i++) all[count++] = argv[i];
#ifdef WHEN_BARE
    if (argc == 1) all[count++] = WHEN_BARE;
#endif
    return python_main(count, all);
}

static int begin(int argc, wchar_t **argv) {
    /* What a library lacks, or a drive without a disk, is our own to say and no box of the system's: in the
     * processes without a window nobody would see it, and it waits for an answer. Children inherit this. */
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX);
    if (argc == 2 && !wcscmp(argv[1], END_OTHERS)) return end_others();
    return run(argc, argv);
}

#if WINDOWED
int WINAPI wWinMain(HINSTANCE self, HINSTANCE before, LPWSTR line, int show) {
    int argc = 0;
    wchar_t **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
    (void)self, (void)before, (void)line, (void)show;
    return argv ? begin(argc, argv) : 1;
}
#else
int wmain(int argc, wchar_t **argv) { return begin(argc, argv); }
#endif
