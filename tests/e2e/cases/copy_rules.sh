# COPY and ADD: owners, modes, wildcards, heredocs, archives, the ignore file.
. "$E2E_LIB"
mkdir -p tree/sub ignored
echo 1 >tree/one.txt
echo 2 >tree/two.txt
echo 3 >tree/sub/three.md
echo no >ignored/file
chmod 640 tree/one.txt
ln -s one.txt tree/link
mkdir pack && echo packed >pack/member && tar -czf pack.tgz -C pack member
cat >.dockerignore <<'I'
ignored
**/*.md
*.log
I
cat >Dockerfile <<'D'
FROM test/busybox
COPY tree /plain
COPY --chown=user:staff --chmod=0750 tree/one.txt /owned/
COPY --chmod=u=rwX,go=rX tree /symbolic
COPY tree/*.txt /wild/
COPY . /all
ADD pack.tgz /unpacked/
COPY pack.tgz /unpacked/
COPY <<"EOF" <<OTHER /heredocs/
literal $HOME
EOF
path $PATH
OTHER
COPY tree/link /followed
D
build -t copies . >/dev/null
in_image() { "$SLIPWAY" run copies "$@"; }
expect_equal "$(in_image stat -c '%u:%g %a' /plain/one.txt)" "0:0 640"
expect_equal "$(in_image readlink /plain/link)" "one.txt"
expect_equal "$(in_image stat -c '%u:%g %a' /owned/one.txt)" "1000:50 750"
expect_equal "$(in_image stat -c '%a' /symbolic/one.txt)" "644"
expect_equal "$(in_image ls /wild | tr '\n' ' ')" "one.txt two.txt "
expect_equal "$(in_image sh -c 'ls -d /all/ignored /plain/sub/three.md 2>/dev/null')" ""
expect_equal "$(in_image cat /unpacked/member)" "packed"
expect_equal "$(in_image sh -c 'ls /unpacked | tr "\n" " "')" "member pack.tgz "
expect_equal "$(in_image cat /heredocs/EOF)" 'literal $HOME'
expect_equal "$(in_image cat /heredocs/OTHER)" 'path /bin'
expect_equal "$(in_image cat /followed)" "1"
