mkdir s; echo 1 >s/f; tar --owner=5 --group=6 --sort=name -cf a.tar s; rm -r s
