// A buffer on the stack that input fills: what a stack protector and FORTIFY are for.
//
// gcc -O2 -fstack-protector-strong -D_FORTIFY_SOURCE=2 | pass: stack-protector fortify
// gcc -O2 -fno-stack-protector -U_FORTIFY_SOURCE | fail: stack-protector fortify
// gcc -O2 -fno-stack-protector -U_FORTIFY_SOURCE -static | n/a: stack-protector fortify lean-dynamic
// gcc -O2 -fno-stack-protector -U_FORTIFY_SOURCE -static -s | n/a: stack-protector fortify
// musl links __stack_chk_fail into every static file, whatever the program was compiled with.
// musl-gcc -O2 -fno-stack-protector -static | n/a: stack-protector fortify
// musl-gcc -O2 -fstack-protector-strong | pass: stack-protector | n/a: fortify
// musl-gcc -O2 -fno-stack-protector | fail: stack-protector | n/a: fortify
#include <stdio.h>
#include <string.h>

int main(int count, char **arguments) {
    char buffer[64];
    strcpy(buffer, arguments[count - 1]);
    printf("%s %d\n", buffer, count);
    return buffer[0];
}
