mkdir -p t/d/e t/same
echo one >t/one
echo two >t/d/two
echo 333 >t/d/e/three
echo x >t/same/x
ln -s one t/link
find t -exec touch -h -d @1500000000 {} +
tar -C t --sort=name -cf a.tar .
echo 444 >t/d/e/three
echo new >t/d/new
chmod 600 t/d/two
ln -sf two t/link
find t -exec touch -h -d @1500000000 {} +
touch -d @1500000001 t/one
tar -C t --sort=name -cf b.tar .
rm -r t
