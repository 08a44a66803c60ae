echo 1 >f; ln -s f l
