mkdir d; echo 1 >x; tar --mtime=@0 -cf d/a.tar x; rm x
