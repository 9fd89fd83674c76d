/* What a vendor's library does wrong in its caller's process; the process of the tokens says when. */
#ifndef FAULTS_H
#define FAULTS_H

#include "call.h"

/* Do what needs no answer: crash, hang, print, … */
void fault_happen(const char *name);

/* Spoil how an answer is written to a buffer; return whether it is done with that. */
int fault_in_buffer(struct call *call, const void *bytes, size_t size, void *buffer, ULONG *room);

#endif
