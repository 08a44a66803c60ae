mkdir d; echo 1 >f; ln -s ../f d/l
