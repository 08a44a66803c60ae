mkdir -p a/b; echo 1 >a/b/f; tar --owner=5 --group=5 --mtime=@1000000000 -cf a.tar a/b/f; rm -r a
