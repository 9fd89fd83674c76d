#include "call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "transport.h"

enum { NUMBER_BYTES = 8, SIZE_BYTES = 4, MOST_BYTES = 16 << 20, LOOK_MILLISECONDS = 200 };

struct link {
    intptr_t connection; /* -1 for none */
    uint32_t owner;
    char address[ADDRESS_BYTES];
};

static struct link shared = {.connection = -1}, waiting = {.connection = -1};
static volatile int is_cancelled; /* another thread says so */

static void little(BYTE *to, uint64_t number, int bytes) {
    for (int i = 0; i < bytes; i++) to[i] = (BYTE)(number >> 8 * i);
}

static uint64_t from_little(const BYTE *from, size_t bytes) {
    uint64_t number = 0;
    for (size_t i = 0; i < bytes && i < NUMBER_BYTES; i++) number |= (uint64_t)from[i] << 8 * i;
    return number;
}

/* A PIN may be in it; volatile, or the compiler would leave out what nobody reads. */
static void let_go(struct call *call) {
    volatile BYTE *bytes = call->bytes;
    for (size_t i = 0; i < call->room; i++) bytes[i] = 0;
    free(call->bytes);
    call->bytes = NULL;
    call->room = 0;
}

/* There is no answer then that anything could be taken from. */
static void fail(struct call *call, ULONG code) {
    call->failed = 1;
    call->size = call->next = 0;
    call->result = code;
}

static void grow(struct call *call, size_t more) {
    if (call->failed || call->size + more <= call->room) return;
    size_t room = 2 * (call->size + more);
    BYTE *bytes = malloc(room);
    if (!bytes) {
        fail(call, SAR_MEMORYERR);
        return;
    }
    if (call->bytes) memcpy(bytes, call->bytes, call->size);
    let_go(call);
    call->bytes = bytes;
    call->room = room;
}

void call_bytes(struct call *call, const void *bytes, size_t size) {
    grow(call, SIZE_BYTES + size);
    if (call->failed) return;
    little(call->bytes + call->size, size, SIZE_BYTES);
    if (size) memcpy(call->bytes + call->size + SIZE_BYTES, bytes, size);
    call->size += SIZE_BYTES + size;
}

struct call call_begin(const char *name) {
    struct call call = {.size = SIZE_BYTES}; /* the message's own size, known when it is sent */
    call_text(&call, name);
    return call;
}

void call_number(struct call *call, uint64_t number) {
    BYTE bytes[NUMBER_BYTES];
    little(bytes, number, NUMBER_BYTES);
    call_bytes(call, bytes, NUMBER_BYTES);
}

void call_handle(struct call *call, HANDLE handle) { call_number(call, HANDLE_NUMBER(handle)); }

void call_text(struct call *call, const char *text) {
    if (text) call_bytes(call, text, strlen(text));
    else fail(call, SAR_INVALIDPARAMERR);
}

static int exchange(struct call *call, intptr_t connection) {
    BYTE size[SIZE_BYTES];
    little(call->bytes, call->size - SIZE_BYTES, SIZE_BYTES);
    if (transport_send(connection, call->bytes, call->size)) return -1;
    if (transport_receive(connection, size, SIZE_BYTES)) return -1;
    size_t answer = (size_t)from_little(size, SIZE_BYTES);
    if (answer > MOST_BYTES) return -1;
    call->size = call->next = 0;
    grow(call, answer);
    if (call->failed || transport_receive(connection, call->bytes, answer)) return -1;
    call->size = answer;
    return 0;
}

/* Say who calls, and what this client is to see go wrong. */
static intptr_t introduced(const char *address) {
    char faults[4096];
    intptr_t connection = transport_connect(address);
    if (connection < 0) return -1;
    transport_environment("ODC_SKF_FAULTS", faults, sizeof faults);
    struct call hello = call_begin("hello");
    call_number(&hello, transport_client());
    call_text(&hello, faults);
    int failed = exchange(&hello, connection);
    size_t size = 0;
    const BYTE *problem = failed ? NULL : call_field(&hello, &size);
    if (problem && size) { /* a misspelt fault must not pass for none */
        fprintf(stderr, "%.*s\n", (int)size, (const char *)problem);
        _Exit(64);
    }
    call_end(&hello);
    if (!failed) return connection;
    transport_close(connection);
    return -1;
}

static void cut(struct link *link) {
    if (link->connection >= 0) transport_close(link->connection);
    link->connection = -1;
}

/* Have a connection that leads where the environment says now, or none. A child that was forked has its
 * own: it must not speak in between what its parent says. */
static int reach(struct link *link) {
    char address[ADDRESS_BYTES];
    transport_environment("ODC_SKF_SOCKET", address, sizeof address);
    if (link->connection >= 0 && (link->owner != transport_process() || strcmp(link->address, address) ||
                                  transport_is_over(link->connection)))
        cut(link);
    if (link->connection < 0) link->connection = introduced(address);
    link->owner = transport_process();
    strcpy(link->address, address);
    return link->connection >= 0;
}

static void read_answer(struct call *call) {
    size_t size;
    call->result = (ULONG)call_take(call);
    const BYTE *fault = call_field(call, &size);
    if (fault && size < FAULT_BYTES) memcpy(call->fault, fault, size);
    call->extent = call_take(call);
    fault_happen(call->fault);
}

void call_ask(struct call *call) {
    if (call->failed) return;
    transport_lock();
    int failed = !reach(&shared) || exchange(call, shared.connection);
    if (failed) cut(&shared);
    transport_unlock();
    if (failed) fail(call, SAR_DEVICE_REMOVED);
    else read_answer(call);
}

void call_wait(struct call *call) {
    if (call->failed) return;
    is_cancelled = 0;
    while (!reach(&waiting) && !is_cancelled) transport_sleep(LOOK_MILLISECONDS);
    if (waiting.connection >= 0 && !exchange(call, waiting.connection)) {
        read_answer(call);
        return;
    }
    cut(&waiting);
    fail(call, is_cancelled ? SAR_NOT_EVENTERR : SAR_FAIL);
}

void call_cancel(void) { is_cancelled = 1; }

const BYTE *call_field(struct call *call, size_t *size) {
    if (call->next + SIZE_BYTES > call->size) return NULL;
    *size = (size_t)from_little(call->bytes + call->next, SIZE_BYTES);
    call->next += SIZE_BYTES;
    if (*size > call->size - call->next) return NULL;
    const BYTE *field = call->bytes + call->next;
    call->next += *size;
    return field;
}

static int take(struct call *call, uint64_t *number) {
    size_t size;
    const BYTE *field = call_field(call, &size);
    if (field) *number = from_little(field, size);
    return field != NULL;
}

uint64_t call_take(struct call *call) {
    uint64_t number = 0;
    take(call, &number);
    return number;
}

void call_give_number(struct call *call, ULONG *number) {
    uint64_t taken;
    if (take(call, &taken) && number) *number = (ULONG)taken;
}

void call_give_flag(struct call *call, BOOL *flag) {
    uint64_t taken;
    if (take(call, &taken) && flag) *flag = (BOOL)taken;
}

void call_give_handle(struct call *call, HANDLE *handle) {
    uint64_t taken;
    if (take(call, &taken) && handle) *handle = (HANDLE)(uintptr_t)(taken | SKF_HANDLE_SIGN);
}

void call_give_array(struct call *call, void *bytes, size_t size) {
    size_t given;
    const BYTE *field = call_field(call, &given);
    if (field && bytes) memcpy(bytes, field, given < size ? given : size);
}

void call_give_sized(struct call *call, const void *bytes, size_t size, void *buffer, ULONG *room) {
    if (call->result != SAR_OK) return;
    if (!room) {
        call->result = SAR_INVALIDPARAMERR;
        return;
    }
    if (fault_in_buffer(call, bytes, size, buffer, room)) return;
    if (buffer && *room < size) call->result = SAR_BUFFER_TOO_SMALL;
    else if (buffer && size) memcpy(buffer, bytes, size);
    *room = (ULONG)size;
}

void call_give_buffer(struct call *call, void *buffer, ULONG *room) {
    size_t size;
    const BYTE *field = call_field(call, &size);
    if (field) call_give_sized(call, field, size, buffer, room);
}

ULONG call_end(struct call *call) {
    let_go(call);
    return call->result;
}
