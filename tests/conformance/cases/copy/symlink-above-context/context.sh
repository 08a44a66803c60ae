mkdir d; echo 1 >f; ln -s ../../../f d/l; ln -s d/l l
