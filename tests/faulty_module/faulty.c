/* A PKCS#11 module for tests: passes every call on to another module and misbehaves on command.
 *
 *   FAULTY_FORWARD  the module that answers, SoftHSM by default
 *   FAULTY          what to do wrong, such as "C_Sign=crash,C_FindObjects=device_error@3":
 *                   function=fault, @n from its n-th call in this process on, !n in that call alone
 *   FAULTY_FILE     a file with the same, read again at each call: faults come and go in a running process
 *   FAULTY_PAD      a file with what is typed on the token's PIN pad: the PIN, for C_SetPIN also the new one
 *   FAULTY_GATE     a file; calls with the fault "held" go on once it is there
 *   FAULTY_LOG      a file that gets the name of every function called, one a line; never an argument
 *
 * A fault is one of FAULTS or ERRORS below, or a return value in hex such as 0x80000001.
 * For Linux on 64 bits, where every PKCS#11 argument (PKCS#11 v2.40, 5) travels as one machine word.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert(sizeof(long) == 8 && sizeof(void *) == 8, "one machine word holds every argument");

typedef unsigned long word; /* CK_ULONG, CK_RV, a handle, or a pointer */
typedef word (*function)(word, word, word, word, word, word, word, word);

/* CK_FUNCTION_LIST's members in their order (PKCS#11 v2.40, pkcs11f.h). */
#define FUNCTIONS(X) \
    X(C_Initialize) X(C_Finalize) X(C_GetInfo) X(C_GetFunctionList) \
    X(C_GetSlotList) X(C_GetSlotInfo) X(C_GetTokenInfo) X(C_GetMechanismList) X(C_GetMechanismInfo) \
    X(C_InitToken) X(C_InitPIN) X(C_SetPIN) \
    X(C_OpenSession) X(C_CloseSession) X(C_CloseAllSessions) X(C_GetSessionInfo) \
    X(C_GetOperationState) X(C_SetOperationState) X(C_Login) X(C_Logout) \
    X(C_CreateObject) X(C_CopyObject) X(C_DestroyObject) X(C_GetObjectSize) \
    X(C_GetAttributeValue) X(C_SetAttributeValue) \
    X(C_FindObjectsInit) X(C_FindObjects) X(C_FindObjectsFinal) \
    X(C_EncryptInit) X(C_Encrypt) X(C_EncryptUpdate) X(C_EncryptFinal) \
    X(C_DecryptInit) X(C_Decrypt) X(C_DecryptUpdate) X(C_DecryptFinal) \
    X(C_DigestInit) X(C_Digest) X(C_DigestUpdate) X(C_DigestKey) X(C_DigestFinal) \
    X(C_SignInit) X(C_Sign) X(C_SignUpdate) X(C_SignFinal) X(C_SignRecoverInit) X(C_SignRecover) \
    X(C_VerifyInit) X(C_Verify) X(C_VerifyUpdate) X(C_VerifyFinal) \
    X(C_VerifyRecoverInit) X(C_VerifyRecover) \
    X(C_DigestEncryptUpdate) X(C_DecryptDigestUpdate) X(C_SignEncryptUpdate) X(C_DecryptVerifyUpdate) \
    X(C_GenerateKey) X(C_GenerateKeyPair) X(C_WrapKey) X(C_UnwrapKey) X(C_DeriveKey) \
    X(C_SeedRandom) X(C_GenerateRandom) X(C_GetFunctionStatus) X(C_CancelFunction) X(C_WaitForSlotEvent)

#define NUMBER(name) N_##name,
enum { FUNCTIONS(NUMBER) FUNCTION_COUNT };
_Static_assert(FUNCTION_COUNT == 68, "CK_FUNCTION_LIST of PKCS#11 v2.40 has 68 members");

#define NAME(name) #name,
static const char *const names[] = {FUNCTIONS(NAME)};

struct function_list { /* CK_FUNCTION_LIST */
    unsigned char major, minor;
    function functions[FUNCTION_COUNT];
};

struct attribute { /* CK_ATTRIBUTE */
    word type;
    unsigned char *value;
    word length;
};

static const word OK = 0, UNAVAILABLE = ~0UL, ABSURD = 1UL << 31, LEAK = 50UL << 20, SLOTS = 10000;
static const word SECOND = 1UL << 40; /* in the number of a slot that shows the token of another */
static const struct { const char *name; word value; } ERRORS[] = {
    {"host_memory", 0x02}, {"general_error", 0x05}, {"function_failed", 0x06},
    {"device_error", 0x30}, {"device_memory", 0x31}, {"device_removed", 0x32},
    {"pin_incorrect", 0xA0}, {"pin_locked", 0xA4}, {"session_handle_invalid", 0xB3},
    {"token_not_present", 0xE0},
};

static const struct function_list *real;
static struct function_list ours;
static word calls[FUNCTION_COUNT];
static word found; /* a handle the search under way has given */

static void write_log(const char *name) {
    const char *path = getenv("FAULTY_LOG");
    int file = path ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
    if (file >= 0) {
        dprintf(file, "%s\n", name);
        close(file);
    }
}

/* Look for "name=fault[@n|!n]" in a list and copy the fault if its turn has come. */
static int look_up(const char *list, int number, char *fault, size_t size) {
    char copy[4096], *rest = copy, *item;
    snprintf(copy, sizeof copy, "%s", list);
    while ((item = strsep(&rest, ", \n"))) {
        char *value = strchr(item, '='), *from, *only;
        if (!value) continue;
        *value++ = 0;
        if (strcmp(item, names[number])) continue;
        if ((from = strchr(value, '@'))) *from++ = 0;
        if (from && calls[number] < strtoul(from, NULL, 10)) continue;
        if ((only = strchr(value, '!'))) *only++ = 0;
        if (only && calls[number] != strtoul(only, NULL, 10)) continue;
        snprintf(fault, size, "%s", value);
        return 1;
    }
    return 0;
}

static const char *fault_of(int number) {
    static char fault[64];
    char text[4096] = "";
    const char *list = getenv("FAULTY"), *path = getenv("FAULTY_FILE");
    if (list && look_up(list, number, fault, sizeof fault)) return fault;
    int file = path ? open(path, O_RDONLY) : -1;
    if (file >= 0) {
        ssize_t size = read(file, text, sizeof text - 1);
        text[size > 0 ? size : 0] = 0;
        close(file);
    }
    return look_up(text, number, fault, sizeof fault) ? fault : "";
}

/* The same "random" bytes in every run: a test fails every time or never. */
static void fill(unsigned char *bytes, word count) {
    static unsigned int state = 20240101;
    while (count--) *bytes++ = (state = state * 1103515245 + 12345) >> 16;
}

static word forward(int number, const word a[8]) {
    int takes_slot = (number >= N_C_GetSlotInfo && number <= N_C_InitToken) || number == N_C_OpenSession || number == N_C_CloseAllSessions;
    word first = takes_slot ? a[0] & ~SECOND : a[0];
    word result = real->functions[number](first, a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
    if (number == N_C_GetFunctionList && result == OK) *(struct function_list **)a[0] = &ours;
    return result;
}

/* An error ends an operation as success does (PKCS#11 v2.40, 5.11): the module behind ends it too. */
static word fail(int number, const word a[8], word value) {
    unsigned char lost[1024];
    word size = sizeof lost;
    if (number == N_C_Sign || number == N_C_Decrypt) forward(number, (const word[8]){a[0], a[1], a[2], (word)lost, (word)&size});
    if (number == N_C_FindObjectsFinal) forward(number, a);
    return value;
}

static word crash(int number, const word a[8]) {
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
    return forward(number, a);
}

static word abort_(int number, const word a[8]) {
    (void)number, (void)a;
    abort();
}

static word exit_(int number, const word a[8]) {
    (void)number, (void)a;
    exit(0);
}

static word hang(int number, const word a[8]) {
    (void)number, (void)a;
    while (pause()) continue; /* it returns nothing but -1 */
    return OK;
}

static word slow(int number, const word a[8]) {
    sleep(2);
    return forward(number, a);
}

/* Wait until somebody opens the gate, however long that takes them. */
static word held(int number, const word a[8]) {
    const char *gate = getenv("FAULTY_GATE");
    while (gate && access(gate, F_OK)) usleep(10000);
    return forward(number, a);
}

static word print(int number, const word a[8]) {
    printf("%s: \x1b[31mvendor debug output\n{\"value\": 1}%c%c", names[number], 0, 255);
    fflush(stdout);
    return forward(number, a);
}

static word leak(int number, const word a[8]) {
    static char *volatile lost; /* volatile: the compiler would leave out what nobody reads */
    if ((lost = malloc(LEAK))) memset(lost, 1, LEAK);
    return forward(number, a);
}

/* Claim a length without writing anything. */
static word claim(int number, const word a[8], word length) {
    struct attribute *attributes = (struct attribute *)a[2];
    switch (number) {
    case N_C_GetAttributeValue:
        for (word i = 0; i < a[3]; i++) attributes[i].length = length;
        return OK;
    case N_C_GetSlotList: *(word *)a[2] = length; return OK;
    case N_C_FindObjects: *(word *)a[3] = length; return OK;
    case N_C_Sign:
    case N_C_Decrypt: *(word *)a[4] = length; return OK;
    }
    return forward(number, a);
}

static word wrong_length(int number, const word a[8]) { return claim(number, a, ABSURD); }
static word unavailable(int number, const word a[8]) { return claim(number, a, UNAVAILABLE); }

/* Answer, then overwrite the answer. */
static word garbage(int number, const word a[8]) {
    struct attribute *attributes = (struct attribute *)a[2];
    word result = forward(number, a);
    if (result != OK) return result;
    switch (number) {
    case N_C_GetAttributeValue:
        for (word i = 0; i < a[3]; i++)
            if (attributes[i].value && attributes[i].length != UNAVAILABLE)
                fill(attributes[i].value, attributes[i].length);
        break;
    case N_C_Sign:
    case N_C_Decrypt:
        if (a[3]) fill((unsigned char *)a[3], *(word *)a[4]);
        break;
    case N_C_GetSlotInfo:
    case N_C_GetTokenInfo: fill((unsigned char *)a[1], 96); break; /* all of its texts */
    }
    return result;
}

/* A search that found something finds it again and again; one that found nothing ends. */
static word endless(int number, const word a[8]) {
    word *handles = (word *)a[1], *count = (word *)a[3];
    word result = forward(number, a);
    if (number != N_C_FindObjects || result != OK) return result;
    if (*count) found = handles[0];
    else if (found)
        for (; *count < a[2]; ++*count) handles[*count] = found;
    return OK;
}

/* Answer, then change CK_TOKEN_INFO's flags, which follow 96 bytes of text. */
static word flags(int number, const word a[8], word set, word clear) {
    word result = forward(number, a);
    if (number == N_C_GetTokenInfo && result == OK) {
        word *shown = (word *)(a[1] + 96);
        *shown = (*shown | set) & ~clear;
    }
    return result;
}

static word not_set(int number, const word a[8]) { return flags(number, a, 0, 0x8); }
static word count_low(int number, const word a[8]) { return flags(number, a, 0x10000, 0); }
static word final_try(int number, const word a[8]) { return flags(number, a, 0x20000, 0); }
static word locked(int number, const word a[8]) { return flags(number, a, 0x40000, 0); }
static word to_be_changed(int number, const word a[8]) { return flags(number, a, 0x80000, 0); }

/* A token with a PIN pad: it says so, and PINs come from there and nowhere else. */
static word pad(int number, const word a[8]) {
    const char *path = getenv("FAULTY_PAD");
    char old[64] = "", new[64] = "";
    FILE *typed = path ? fopen(path, "r") : NULL;
    if (number == N_C_GetTokenInfo) return flags(number, a, 0x100, 0); /* PROTECTED_AUTHENTICATION_PATH */
    if (!typed || fscanf(typed, "%63s %63s", old, new) < 1) return 0x50; /* CKR_FUNCTION_CANCELED */
    fclose(typed);
    if (number == N_C_Login && !a[2])
        return forward(number, (const word[8]){a[0], a[1], (word)old, strlen(old)});
    if (number == N_C_SetPIN && !a[1] && !a[3])
        return forward(number, (const word[8]){a[0], (word)old, strlen(old), (word)new, strlen(new)});
    return 7; /* CKR_ARGUMENTS_BAD */
}

/* The first slot, ten thousand times. */
static word many_slots(int number, const word a[8]) {
    word *slots = (word *)a[1], *count = (word *)a[2];
    word given[64], size = 64, all[8] = {a[0], (word)given, (word)&size};
    if (number != N_C_GetSlotList) return forward(number, a);
    word result = forward(number, all);
    if (result != OK || !size) return forward(number, a);
    for (word i = 0; slots && i < SLOTS; i++) slots[i] = given[0];
    *count = SLOTS;
    return OK;
}

/* Every slot a second time, under a number of its own. */
static word twice(int number, const word a[8]) {
    word *slots = (word *)a[1], *count = (word *)a[2];
    word given[64], size = 64, room = *count, all[8] = {a[0], (word)given, (word)&size};
    if (number != N_C_GetSlotList) return forward(number, a);
    word result = forward(number, all);
    if (result != OK) return result;
    *count = 2 * size;
    if (slots && room < *count) return 0x150; /* CKR_BUFFER_TOO_SMALL */
    for (word i = 0; slots && i < size; i++) slots[i] = given[i], slots[size + i] = given[i] | SECOND;
    return OK;
}

/* A token whose label and number are blanks, as the slot beside it that waits for a token. */
static word blank(int number, const word a[8]) {
    word result = forward(number, a);
    if (number == N_C_GetTokenInfo && result == OK) {
        memset((void *)a[1], ' ', 32);
        memset((void *)(a[1] + 80), ' ', 16);
    }
    return result;
}

static const struct { const char *name; word (*act)(int, const word[8]); } FAULTS[] = {
    {"crash", crash}, {"abort", abort_}, {"exit", exit_}, {"hang", hang}, {"slow", slow},
    {"held", held},
    {"stdout", print}, {"leak", leak}, {"wrong_length", wrong_length}, {"unavailable", unavailable},
    {"garbage", garbage}, {"endless", endless}, {"many_slots", many_slots},
    {"not_set", not_set}, {"count_low", count_low}, {"final_try", final_try}, {"locked", locked},
    {"to_be_changed", to_be_changed}, {"pad", pad}, {"twice", twice}, {"blank", blank},
};

static word call(int number, const word a[8]) {
    write_log(names[number]);
    calls[number]++;
    if (number == N_C_FindObjectsInit) found = 0;
    const char *fault = fault_of(number);
    if (!*fault) return forward(number, a);
    for (size_t i = 0; i < sizeof FAULTS / sizeof *FAULTS; i++)
        if (!strcmp(fault, FAULTS[i].name)) return FAULTS[i].act(number, a);
    for (size_t i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++)
        if (!strcmp(fault, ERRORS[i].name)) return fail(number, a, ERRORS[i].value);
    char *end;
    word value = strtoul(fault, &end, 16);
    if (*end || end == fault) { /* a misspelt fault must not pass for none */
        fprintf(stderr, "faulty: no fault %s\n", fault);
        _exit(64);
    }
    return fail(number, a, value);
}

#define WRAPPER(name) \
    static word faulty_##name(word a, word b, word c, word d, word e, word f, word g, word h) { \
        return call(N_##name, (const word[8]){a, b, c, d, e, f, g, h}); \
    }
FUNCTIONS(WRAPPER)

#define ENTRY(name) faulty_##name,
static struct function_list ours = {2, 40, {FUNCTIONS(ENTRY)}};

__attribute__((visibility("default"))) word C_GetFunctionList(struct function_list **list) {
    const char *path = getenv("FAULTY_FORWARD");
    void *library = dlopen(path ? path : "/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW | RTLD_LOCAL);
    word (*get)(const struct function_list **) = NULL;
    if (library) get = (word(*)(const struct function_list **))dlsym(library, "C_GetFunctionList");
    if (!get || get(&real) != OK) {
        fprintf(stderr, "faulty: %s\n", dlerror());
        return 5; /* CKR_GENERAL_ERROR */
    }
    return call(N_C_GetFunctionList, (const word[8]){(word)list});
}
