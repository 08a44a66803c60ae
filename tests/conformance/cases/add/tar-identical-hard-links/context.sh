mkdir -p t/d
echo one >t/one
ln t/one t/d/uno
echo alone >t/d/alone
mkfifo t/fifo
mknod t/null c 1 3
find t -exec touch -h -d @1500000000 {} +
tar -C t --sort=name -cf a.tar .
rm -r t
