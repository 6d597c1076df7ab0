#pragma once
#include <curl/curl.h>

// Swift cannot call C functions with variable arguments, so each kind of argument has a name here.

static inline CURLcode curl_setopt_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode curl_setopt_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode curl_setopt_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode curl_setopt_callback(
    CURL *handle, CURLoption option, size_t (*value)(char *, size_t, size_t, void *)) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode curl_getinfo_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode curl_getinfo_pointer(CURL *handle, CURLINFO info, void **value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLMcode curl_multi_setopt_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

// Memory that is zeroed when it is given back: requests hold tokens and signatures.
static inline void curl_give(void *memory) {
    if (memory) explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}
static inline void *curl_grow(void *memory, size_t count) {
    size_t before = memory ? malloc_usable_size(memory) : 0;
    if (memory && count && count <= before) return memory;
    void *grown = malloc(count);
    if (grown && memory) {
        memcpy(grown, memory, before < count ? before : count);
        curl_give(memory);
    }
    return grown;
}
static inline CURLcode curl_start(void) {
    return curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, curl_give, curl_grow, strdup, calloc);
}
