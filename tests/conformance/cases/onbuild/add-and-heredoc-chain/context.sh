echo 1 >x; tar --owner=3 --group=4 --mtime=@1000000000 -cf a.tar x; rm x
