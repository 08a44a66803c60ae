mkdir -p t/s; echo 1 >t/s/f; ln -s f t/s/l; for f in v7 ustar oldgnu; do tar --format=$f --owner=3 --group=4 --mtime=@1000000000 --sort=name -C t -cf $f.tar .; done; rm -r t
