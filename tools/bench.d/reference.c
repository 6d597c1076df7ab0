// The unavoidable work of archiving answers, on one core and in cache-sized pieces: find the media in
// each answer, decode Base64, hash it with keyed BLAKE2b, seal it in 64 KiB chunks, hash the sealed bytes
// with SHA-256, write and fdatasync. No index, no checks, no keys worth the name.
//
//     reference OUT-DIR ANSWER…
#include <fcntl.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { chunk = 65536 };

static unsigned char key[32], piece[chunk + 48], sealed[chunk + 16];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void put(int file, const unsigned char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(file, bytes, count);
        if (written < 0) fail("write");
        bytes += written;
        count -= (size_t)written;
    }
}

static void archive(const char *base64, size_t length, int file) {
    unsigned char tag[32], address[32], nonce[24] = {0};
    crypto_generichash_state tagger;
    crypto_generichash_init(&tagger, key, sizeof key, sizeof tag);
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    EVP_DigestInit_ex(hash, EVP_sha256(), NULL);
    size_t filled = 0, at = 0;
    while (at < length || filled > 0) {
        size_t want = (chunk - filled) / 3 * 4;
        if (want > length - at) want = length - at;
        if (want > 0) {
            int count = EVP_DecodeBlock(piece + filled, (const unsigned char *)base64 + at, (int)want);
            if (count < 0) fail("base64");
            at += want;
            if (at == length) count -= (base64[length - 1] == '=') + (base64[length - 2] == '=');
            crypto_generichash_update(&tagger, piece + filled, (unsigned long long)count);
            filled += (size_t)count;
        }
        unsigned long long out;
        crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, &out, piece, filled, NULL, 0, NULL, nonce, key);
        nonce[0]++;
        EVP_DigestUpdate(hash, sealed, out);
        put(file, sealed, out);
        filled = 0;
    }
    crypto_generichash_final(&tagger, tag, sizeof tag);
    EVP_DigestFinal_ex(hash, address, NULL);
    EVP_MD_CTX_free(hash);
    if (fdatasync(file) != 0) fail("fdatasync");
}

int main(int count, char **arguments) {
    if (sodium_init() < 0 || count < 3) return 64;
    int number = 0;
    for (int index = 2; index < count; index++) {
        int input = open(arguments[index], O_RDONLY);
        struct stat status;
        if (input < 0 || fstat(input, &status) != 0) fail(arguments[index]);
        const char *text = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, input, 0);
        if (text == MAP_FAILED) fail("mmap");
        const char *end = text + status.st_size;
        static const char *fields[] = {"\"BestFrame\":\"", "\"Video\":\"", "\"ActionVideo\":\""};
        for (int field = 0; field < 3; field++) {
            const char *start = memmem(text, (size_t)(end - text), fields[field], strlen(fields[field]));
            if (!start) continue;
            start += strlen(fields[field]);
            const char *quote = memchr(start, '"', (size_t)(end - start));
            if (!quote || quote == start) continue;
            char path[4096];
            snprintf(path, sizeof path, "%s/%d", arguments[1], number++);
            int output = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
            if (output < 0) fail(path);
            archive(start, (size_t)(quote - start), output);
            close(output);
        }
        munmap((void *)text, (size_t)status.st_size);
        close(input);
    }
    return 0;
}
