mkdir -p t/d/e t/empty
echo one >t/one
echo two >t/d/two
echo three >t/d/e/three
chmod 755 t/d/two
ln -s one t/link
touch -h -d @1500000000 t/one t/d/two t/d/e/three t/link t/d/e t/d t/empty
tar -C t --sort=name -cf a.tar .
rm -r t
