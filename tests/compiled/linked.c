// One program, linked in the ways that rules tell apart.
//
// gcc -O2 -fPIE -pie -s -Wl,-z,relro,-z,now,-z,noexecstack | pass: static-pie relro bind-now noexec-stack no-wx no-runpath no-textrel stripped no-debug | fail: no-comment
// gcc -O2 -fPIE -pie -Wl,-z,norelro | fail: relro stripped
// gcc -O2 -fPIE -pie -Wl,-z,relro,-z,lazy | pass: relro | fail: bind-now
// gcc -O2 -fPIE -pie -Wl,-z,execstack | fail: noexec-stack
// gcc -O2 -fPIE -pie -Wl,-rpath,/opt/lib | fail: no-runpath
// gcc -O2 -fPIE -pie -Wl,-rpath,/opt/lib,--disable-new-dtags | fail: no-runpath
// gcc -O2 -fPIE -pie -g | fail: no-debug stripped
// gcc -O2 -fPIE -pie -g -gz | fail: no-debug
// gcc -O2 -fPIE -pie -Wl,--strip-debug | pass: no-debug | fail: stripped
// gcc -O2 -fno-pie -no-pie | fail: static-pie
// gcc -O2 -fPIE -pie -Wl,--build-id=sha1 | pass: build-id
// gcc -O2 -fPIE -pie -Wl,--build-id=none | fail: build-id
// gcc -O2 -fPIE -pie -Wl,-z,max-page-size=4096 | pass: segment-alignment
// gcc -O2 -fPIE -static-pie -s | pass: static-pie | fail: lean-dynamic
// gcc -O2 -fPIC -shared | n/a: lean-dynamic
#include <stdio.h>

int (*volatile print)(const char *) = puts;

int main(void) {
    return print("linked");
}
