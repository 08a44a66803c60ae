# Archives as build contexts, from standard input and from a server, that try to reach what is outside of them.
. "$E2E_LIB"
victim=$E2E_WORK/hostile-context-victim
mkdir -p "$victim/dir" served
echo untouched >"$victim/file"
echo precious >"$victim/dir/secret"
python3 - "$victim" <<'P'
import io, sys, tarfile

victim = sys.argv[1]
up = "../" * 20 + victim[1:]
REG, DIR, SYM, LNK, CHR, FIFO = (tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)

def archive(name, *members, dockerfile=b"FROM scratch\nCOPY . /all/\n"):
    with tarfile.open(f"served/{name}.tar", "w") as tar:
        for path, kind, what in (("Dockerfile", REG, dockerfile),) * (dockerfile is not None) + members:
            info = tarfile.TarInfo(path)
            info.type, info.mode = kind, 0o777
            data = what if kind == REG else b""
            info.size = len(data)
            if kind == CHR:
                info.devmajor, info.devminor = what
            elif kind in (SYM, LNK):
                info.linkname = what
            tar.addfile(info, io.BytesIO(data))

archive("dotdot", (up + "/file", REG, b"owned\n"), (up + "/new", REG, b"owned\n"))
archive("dotdot-inside", ("a/../../../../b", REG, b"inside\n"))
archive("absolute", (victim + "/file", REG, b"owned\n"), (victim + "/dir/new", REG, b"owned\n"))
archive("link-parent", ("dir", SYM, victim), ("dir/file", REG, b"owned\n"), ("dir/new", REG, b"owned\n"))
archive("relative-link-parent", ("dir", SYM, up), ("dir/file", REG, b"owned\n"), ("dir/sub/new", REG, b"owned\n"))
archive("link-then-file", ("file", SYM, victim + "/file"), ("file", REG, b"owned\n"))
archive("link-then-dir", ("dir", SYM, victim), ("dir", DIR, None), ("dir/new", REG, b"owned\n"))
archive("chain", ("a", SYM, "."), ("a/b", SYM, ".."), ("a/b/c", SYM, ".."), ("a/b/c" + "/.." * 20 + victim + "/new", REG, b"owned\n"))
archive("hard-link", ("link", LNK, up + "/file"), ("link", REG, b"owned\n"))
archive("absolute-hard-link", ("link", LNK, victim + "/file"))
archive("hard-link-by-link", ("dir", SYM, victim), ("link", LNK, "dir/file"))
archive("links-outside", ("file", SYM, victim + "/file"), ("dir", SYM, victim + "/dir"), ("up", SYM, up + "/dir"),
        dockerfile=b"FROM scratch\nCOPY file /1\n")
archive("links-outside-2", ("dir", SYM, victim + "/dir"), dockerfile=b"FROM scratch\nCOPY dir/secret /1\n")
archive("links-outside-3", ("up", SYM, up + "/dir"), dockerfile=b"FROM scratch\nCOPY up/ /1/\n")
archive("device", ("zero", CHR, (1, 5)), ("pipe", FIFO, None), dockerfile=b"FROM test/busybox\nCOPY zero pipe /\nRUN ! head -c 1 /zero\n")
archive("dockerfile-link", ("Dockerfile", SYM, victim + "/file"), dockerfile=None)
archive("dockerfile-device", ("Dockerfile", CHR, (1, 5)), dockerfile=None)
archive("dockerfile-pipe", ("Dockerfile", FIFO, None), dockerfile=None)
archive("dockerfile-hard-link", ("Dockerfile", LNK, victim + "/file"), dockerfile=None)
archive("ignore-link", (".dockerignore", SYM, victim + "/file"), ("untouched", REG, b"is there\n"))
archive("ignore-pipe", (".dockerignore", FIFO, None))
P
start_web_server served
check_victim() {
    expect_equal "$(cat "$victim/file")" untouched
    expect_equal "$(cd "$victim" && find . | sort | tr '\n' ' ')" ". ./dir ./dir/secret ./file "
}
# attempt NAME CODE TEXT [HELD-FILE]: both ways; refused with TEXT, or (code 0) with the file held in the result.
attempt() {
    local way
    for way in stdin http; do
        rm -rf out
        local code=0
        if [ $way = stdin ]; then
            timeout 60 "$SLIPWAY" build --progress=plain -o out - <"served/$1.tar" >log 2>&1 || code=$?
        else
            timeout 60 "$SLIPWAY" build --progress=plain -o out "$WEB/$1.tar" >log 2>&1 </dev/null || code=$?
        fi
        [ $code = "$2" ] || { cat log; fail "$1 by $way: exit code $code instead of $2"; }
        [ -z "$3" ] || expect_text log "$3"
        expect_no_text log precious
        check_victim
        [ -z "${4:-}" ] || [ -f "out/$4" ] || { find out; fail "$1 by $way: no $4 in the result"; }
        ! grep -rqsF precious out || fail "$1 by $way: took what is outside"
    done
}
attempt dotdot 0 "" "all$victim/new"
attempt dotdot-inside 0 "" all/b
attempt absolute 0 "" "all$victim/dir/new"
attempt link-parent 0 "" "all$victim/new"
attempt relative-link-parent 0 "" "all$victim/sub/new"
attempt link-then-file 0 "" all/file
attempt link-then-dir 0 "" all/dir/new
attempt chain 0 ""
attempt hard-link 3 "no file here"
attempt absolute-hard-link 3 "no file here"
attempt hard-link-by-link 3 "no file here"
attempt links-outside 3 file
attempt links-outside-2 3 dir/secret
attempt links-outside-3 3 up
attempt device 0 ""
attempt dockerfile-link 3 Dockerfile
attempt dockerfile-device 3 Dockerfile
attempt dockerfile-pipe 3 Dockerfile
attempt dockerfile-hard-link 3 "no file here"
attempt ignore-link 0 "" all/untouched
attempt ignore-pipe 0 ""
