#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* Memory that is zeroed when it is given back: what goes through a connection, such as a token, stays nowhere. */
static inline void *openssl_take(size_t count, const char *file, int line) {
    (void)file, (void)line;
    return malloc(count);
}
static inline void openssl_give(void *memory, const char *file, int line) {
    (void)file, (void)line;
    if (memory) explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}
static inline void *openssl_grow(void *memory, size_t count, const char *file, int line) {
    if (!count) {
        openssl_give(memory, file, line);
        return NULL;
    }
    size_t before = memory ? malloc_usable_size(memory) : 0;
    if (memory && count <= before) return memory;
    void *grown = malloc(count);
    if (grown && memory) {
        memcpy(grown, memory, before);
        openssl_give(memory, file, line);
    }
    return grown;
}
/* 1, or 0 where OpenSSL has taken memory before. */
static inline int openssl_zero_what_is_freed(void) {
    return CRYPTO_set_mem_functions(openssl_take, openssl_grow, openssl_give);
}
