/* One call on its way: its name and arguments as fields, then the answer's fields.
 *
 * A message is its size and its fields; a field is its size and its bytes; a size is 4 bytes and a number
 * a field of 8, the least significant byte first. A call's first field is its name. An answer's first
 * three are the code, what to do wrong (faults.c) and how much of it.
 */
#ifndef CALL_H
#define CALL_H

#include "skf.h"

#define FAULT_BYTES 32

struct call {
    BYTE *bytes;
    size_t size, room, next;
    int failed; /* there was no memory, or a string was NULL */
    ULONG result;
    char fault[FAULT_BYTES];
    uint64_t extent;
};

struct call call_begin(const char *name);
void call_number(struct call *call, uint64_t number);
void call_handle(struct call *call, HANDLE handle);
void call_text(struct call *call, const char *text);
void call_bytes(struct call *call, const void *bytes, size_t size);

/* Have it answered; the fields that follow the first three can be taken then. */
void call_ask(struct call *call);

/* The same over a connection of its own, which waits as long as it takes. */
void call_wait(struct call *call);

/* Let it wait no longer for a process to wait at; one that is there is asked by its own call. */
void call_cancel(void);

/* Take the next field, as far as there is one; where there is none, what is there stays. */
uint64_t call_take(struct call *call);
void call_give_number(struct call *call, ULONG *number);
void call_give_flag(struct call *call, BOOL *flag);
void call_give_handle(struct call *call, HANDLE *handle);
void call_give_array(struct call *call, void *bytes, size_t size);
const BYTE *call_field(struct call *call, size_t *size);

/* Write `size` bytes by the standard's way with buffers: NULL asks for the size, too little room is an error that tells it. */
void call_give_sized(struct call *call, const void *bytes, size_t size, void *buffer, ULONG *room);
void call_give_buffer(struct call *call, void *buffer, ULONG *room);

/* Let go of everything and return the code. */
ULONG call_end(struct call *call);

#endif
