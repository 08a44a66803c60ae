echo 1 >f; ln -s f l1; ln -s f l2
