echo 1 >f; tar --owner=0 --group=0 --mtime=@0 -cf a.tar f; echo 22 >f; tar --owner=0 --group=0 --mtime=@0 -rf a.tar f; rm f
