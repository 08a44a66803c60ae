mkdir t; echo 1 >t/grüße; echo 2 >t/世界; tar --format=pax --owner=0 --group=0 --mtime=@0 --sort=name -C t -cf a.tar .; rm -r t
