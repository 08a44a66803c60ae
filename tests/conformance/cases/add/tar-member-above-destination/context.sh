echo 1 >x; tar -P --owner=0 --group=0 --mtime=@0 --transform="s,^x,../../x," -cf a.tar x; rm x
