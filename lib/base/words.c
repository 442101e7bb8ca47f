#include <string.h>

#include "base/words.h"

const char *
rtmp_word(const char *words, size_t number)
{
	while (*words != '\0') {
		if (number-- == 0)
			return words;
		words += strlen(words) + 1;
	}
	return NULL;
}

int
rtmp_word_find(const char *words, const char *s, size_t size)
{
	const char *word;
	int i;

	for (i = 0; (word = rtmp_word(words, (size_t)i)) != NULL; i++)
		if (strlen(word) == size && memcmp(word, s, size) == 0)
			return i;
	return -1;
}

const char *
rtmp_word_of(const char *words, const uint8_t *numbers, size_t count,
    unsigned number)
{
	const uint8_t *at = number <= UINT8_MAX ?
	    memchr(numbers, (int)number, count) : NULL;

	return at != NULL ? rtmp_word(words, (size_t)(at - numbers)) : NULL;
}

int
rtmp_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
