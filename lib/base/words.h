#ifndef RTMPIO_BASE_WORDS_H
#define RTMPIO_BASE_WORDS_H

/*
 * Lists of words as one string, "one\0two\0three\0": an array of pointers
 * would be larger than most words, and has to be relocated when the library
 * is loaded.  The NUL that C puts behind it ends the list, so that each word
 * needs its own.  No word is empty.
 */
#include <stddef.h>
#include <stdint.h>

/* The word with that number, from 0 on, or NULL behind the last one. */
const char *rtmp_word(const char *words, size_t number);

/* The number of the word that has these letters, or -1. */
int rtmp_word_find(const char *words, const char *s, size_t size);

/* The word of words that stands where number does in numbers, or NULL. */
const char *rtmp_word_of(const char *words, const uint8_t *numbers,
    size_t count, unsigned number);

/* What a hex digit stands for, or -1. */
int rtmp_hex_digit(char c);

#endif
