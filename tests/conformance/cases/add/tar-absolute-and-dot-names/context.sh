mkdir t; echo 1 >t/f; tar -P --owner=0 --group=0 --mtime=@0 --transform="s,^t,/abs," -cf a.tar t/f; tar --owner=0 --group=0 --mtime=@0 --transform="s,^t,./././x," -rf a.tar t/f; rm -r t
