mkdir t
echo one >t/same
echo one >t/changed
touch -d @1500000000.5 t/same t/changed
tar -C t --format=pax --sort=name -cf a.tar same changed
echo two >t/changed
touch -d @1500000000.5 t/changed
tar -C t --format=pax --sort=name -cf b.tar same changed
rm -r t
