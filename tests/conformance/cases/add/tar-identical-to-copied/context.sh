mkdir -p t/d
echo one >t/one
echo two >t/d/two
find t -exec touch -h -d @1500000000 {} +
tar -C t --sort=name --owner=0 --group=0 --numeric-owner -cf a.tar one d
