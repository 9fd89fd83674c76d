/* The module _odc_peers, built into our programs: who we are, and who is at a pipe's server end.
 *
 * agent/system/pipes/identities.py does the same by ctypes, which takes as long to load as the interpreter to
 * start: a browser waits for its host. What is used of the interpreter is declared here as its stable ABI
 * (PEP 384) has it, since its headers are not there where this is compiled. */
#include <windows.h>
#include <sddl.h>

typedef struct Object Object;
typedef struct {
    const char *name;
    Object *(*call)(Object *, Object *);
    int flags;
    const char *doc;
} Method;
typedef struct {
    SSIZE_T references;
    void *type, *init;
    SSIZE_T index;
    void *copy;
    const char *name, *doc;
    SSIZE_T size;
    const Method *methods;
    void *slots, *traverse, *clear, *free;
} Module;

#define METH_NOARGS 4
#define METH_O 8
#define PYTHON_API_VERSION 1013

static struct {
    int (*PyImport_AppendInittab)(const char *, Object *(*)(void));
    Object *(*PyModule_Create2)(Module *, int);
    void *(*PyLong_AsVoidPtr)(Object *);
    Object *(*PyUnicode_FromWideChar)(const wchar_t *, SSIZE_T);
    Object *(*PyErr_SetFromWindowsErr)(int);
} python;

static Object *sid_of(HANDLE process) {
    BYTE user[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    DWORD size;
    HANDLE token;
    wchar_t *text;
    if (!OpenProcessToken(process, TOKEN_QUERY, &token)) return python.PyErr_SetFromWindowsErr(0);
    BOOL is_known = GetTokenInformation(token, TokenUser, user, sizeof user, &size)
        && ConvertSidToStringSidW(((TOKEN_USER *)user)->User.Sid, &text);
    Object *sid = is_known ? python.PyUnicode_FromWideChar(text, -1) : python.PyErr_SetFromWindowsErr(0);
    if (is_known) LocalFree(text);
    CloseHandle(token);
    return sid;
}

static Object *own_sid(Object *module, Object *nothing) {
    (void)module, (void)nothing;
    return sid_of(GetCurrentProcess());
}

static Object *server_sid(Object *module, Object *pipe) {
    ULONG id;
    (void)module;
    if (!GetNamedPipeServerProcessId(python.PyLong_AsVoidPtr(pipe), &id))
        return python.PyErr_SetFromWindowsErr(0);
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, id);
    if (!process) return python.PyErr_SetFromWindowsErr(0);
    Object *sid = sid_of(process);
    CloseHandle(process);
    return sid;
}

static const Method peers_methods[] = {
    {"own_sid", own_sid, METH_NOARGS, "Return the user of this process."},
    {"server_sid", server_sid, METH_O, "Return the user at a pipe's server end."},
    {0},
};
static Module peers = {.references = 1, .name = "_odc_peers", .size = -1, .methods = peers_methods};

static Object *make_peers(void) { return python.PyModule_Create2(&peers, PYTHON_API_VERSION); }

/* Give the interpreter the module, before it starts; without it ctypes is used. */
static void add_peers(HMODULE library) {
    FARPROC *found = (FARPROC *)&python;
    const char *const names[] = {"PyImport_AppendInittab", "PyModule_Create2", "PyLong_AsVoidPtr",
                                 "PyUnicode_FromWideChar", "PyErr_SetFromWindowsErr"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!(found[i] = GetProcAddress(library, names[i]))) return;
    python.PyImport_AppendInittab(peers.name, make_peers);
}
