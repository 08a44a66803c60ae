mkdir -p t/sub; echo 1 >t/a; echo 2 >t/sub/b; ln -s a t/l; ln t/a t/h; chmod 640 t/a; chmod 711 t/sub; find t -exec touch -h -d @1000000000 {} +
tar --owner=12 --group=34 --sort=name -C t  -cf a.tar .
rm -r t
