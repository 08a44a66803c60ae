echo 1 >a; ln a b; mkdir s; ln a s/c
