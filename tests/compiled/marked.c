// Marks of branch protection, in a file that holds no object of anybody else.
//
// aarch64-linux-gnu-gcc -nostdlib -static -mbranch-protection=standard | pass: branch-protection
// aarch64-linux-gnu-gcc -nostdlib -static -mbranch-protection=bti | fail: branch-protection
// aarch64-linux-gnu-gcc -nostdlib -static -mbranch-protection=none | fail: branch-protection
void _start(void) {
    for (;;) {
    }
}
