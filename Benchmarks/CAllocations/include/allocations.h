/*
 * allocations.h: how often memory was asked for, by anybody in the process.
 *
 * A program that links this has its malloc() and the like counted, also those of the libraries
 * that it loads. That takes Linux with glibc; elsewhere nothing is counted.
 */
#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

/* 1 where allocations are counted. */
int allocations_are_counted(void);

/* Allocations so far, of the calling thread and of all threads; 0 where they aren't counted. */
unsigned long long allocations_of_thread(void);
unsigned long long allocations_of_process(void);

#endif
