echo 1 >f; ln -s f l; chmod 600 f; mkdir s; chmod 1777 s
