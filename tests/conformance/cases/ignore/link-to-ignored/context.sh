mkdir ign; echo 1 >ign/f; mkdir m; ln -s ../ign/f m/l
