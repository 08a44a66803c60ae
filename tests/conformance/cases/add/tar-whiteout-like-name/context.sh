mkdir t; echo 1 >t/.wharf; tar --owner=0 --group=0 --mtime=@0 -C t -cf a.tar .; rm -r t
