// Memory that only .bss reserves: small in the file, large when loaded.
//
// gcc -O2 -DSIZE=1000 | pass: memory-size file-size
// gcc -O2 -DSIZE=100000000 | pass: file-size | fail: memory-size
static char reserve[SIZE];

int main(int count, char **arguments) {
    reserve[count] = arguments[0][0];
    return reserve[count - 1];
}
