echo 1 >x; tar --owner=0 --group=0 -cf a.tar x; echo 2 >y; tar --owner=0 --group=0 -cf b.tar y; rm x y
